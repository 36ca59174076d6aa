import { expect, it } from "vitest";

import { visible } from "./visible";

it("shows what is not seen, and leaves what scripts need", () => {
  expect(visible("plain, Ünïcode, العربية, 中文, 👩‍🚀, می‌خواهم")).toBe("plain, Ünïcode, العربية, 中文, 👩‍🚀, می‌خواهم");
  expect(visible("a\u202eb\u200bc\ufeff\u{e0041}")).toBe("a⟨U+202E⟩b⟨U+200B⟩c⟨U+FEFF⟩⟨U+E0041⟩");
});
