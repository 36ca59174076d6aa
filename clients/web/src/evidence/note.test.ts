import { describe, expect, it } from "vitest";

import { base64, concat, fromBase64, fromHex, fromUtf8, utf8 } from "./bytes";
import { decimal, logName, openCheckpoint, parseCheckpoint } from "./checkpoint";
import { fingerprint, isSignedBy, parseKey } from "./key";
import { parseNote, verifiedText } from "./note";
import { flips, server, truncations } from "./testing";

/** Key and note of the specification (c2sp.org/signed-note). */
const SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const OTHER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

describe("a verifier key", () => {
  it("reads where its id is that of name and key", async () => {
    expect(await parseKey(SPEC_KEY)).toMatchObject({ name: "example.com/foo", id: "530d903a" });
    expect(await parseKey(OTHER_KEY)).toMatchObject({ name: "PeterNeumann", id: "c74f20a3" });
    const key = await parseKey(server.key.trim());
    expect(key.name).toBe("localhost/plans/vector-plan/1");
    expect(await fingerprint(key)).toMatch(/^(?:[0-9A-F]{4} ){15}[0-9A-F]{4}$/);
  });

  it.each([
    ["", "key_form"],
    ["a+b", "key_form"],
    ["example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "key_form"],
    ["example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "key_id"],
    ["exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "key_name"],
    ["+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "key_name"],
    ["example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "key_kind"],
    ["example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=", "key_kind"],
    [`weak+00000000+${base64(concat(Uint8Array.of(1, 1), new Uint8Array(31)))}`, "key_weak"],
  ])("refuses %s", async (text, flaw) => {
    await expect(parseKey(text)).rejects.toMatchObject({ fault: { what: "key_unreadable", flaw } });
  });
});

describe("a signed note of a server", () => {
  it("verifies, and is refused with any byte turned or missing", async () => {
    const key = await parseKey(server.key.trim());
    const checkpoint = await openCheckpoint(server.lateNote, key);
    expect(checkpoint).toMatchObject({ origin: key.name, size: 12 });
    for (const altered of [...flips(server.lateNote), ...truncations(server.lateNote)]) {
      await expect(openCheckpoint(altered, key)).rejects.toThrow();
    }
  });

  it("is another one's with another key, also of the same name", async () => {
    const own = await parseKey(server.key.trim());
    const other = await parseKey(SPEC_KEY);
    await expect(openCheckpoint(server.lateNote, other)).rejects.toMatchObject({ fault: { what: "not_signed" } });
    const posing = { ...own, bytes: other.bytes };
    await expect(openCheckpoint(server.lateNote, posing)).rejects.toMatchObject({ fault: { what: "signature_wrong" } });
  });

  it("passes signatures of others over, and is refused by one wrong one of its own", async () => {
    const key = await parseKey(server.key.trim());
    const note = fromUtf8(server.lateNote) ?? "";
    const witness = `\u2014 witness.example ${base64(new Uint8Array(80))}\n`;
    expect(await verifiedText(parseNote(utf8(note + witness)), key)).toContain("\n12\n");
    const line = note.slice(note.lastIndexOf("\u2014"));
    const blob = fromBase64(line.trim().split(" ")[2] ?? "") ?? new Uint8Array();
    const wrong = line.replace(base64(blob), base64([...flips(blob)].at(-1) ?? blob));
    await expect(verifiedText(parseNote(utf8(note + wrong)), key)).rejects.toThrow();
  });

  it("takes no signature whose point is of small order", async () => {
    const key = await parseKey(SPEC_KEY);
    const identity = fromHex("01" + "00".repeat(31)) ?? new Uint8Array();
    expect(await isSignedBy(key, utf8("x"), concat(identity, new Uint8Array(32)))).toBe(false);
  });

  it.each([
    ["\u0001\n\n\u2014 a AAAAAAA=\n", "control_character"],
    ["text\n", "no_empty_line"],
    ["text\n\n\u2014 a AAAAAAA=", "last_line_open"],
    ["text\n\n- a AAAAAAA=\n", "signature_line"],
    ["text\n\n\u2014 a AAAA\n", "signature_line"],
    ["text\n\n\u2014 a AAAAAAB=\n", "signature_line"],
    ["text\n\n" + "\u2014 a AAAAAAA=\n".repeat(101), "too_many_lines"],
  ])("has no other form than %j", (text, flaw) => {
    expect(() => parseNote(utf8(text))).toThrowError(expect.objectContaining({ fault: { what: "note_unreadable", flaw } }));
  });

  it("is UTF-8", () => {
    expect(() => parseNote(Uint8Array.of(0xff, 10, 10))).toThrow();
  });
});

describe("the text of a checkpoint", () => {
  const root = base64(new Uint8Array(32));

  it("has a name, a size and a root; what comes after them is passed over", () => {
    expect(parseCheckpoint(`log\n0\n${root}\nextra\n`)).toMatchObject({ origin: "log", size: 0 });
  });

  it.each([`log\n1\n${root}`, `\n1\n${root}\n`, `log\n01\n${root}\n`, `log\n+1\n${root}\n`, "log\n1\nAAAA\n", `log\n1\n${root}\n\nx\n`])(
    "is none: %j",
    (text) => {
      expect(() => parseCheckpoint(text)).toThrow();
    },
  );

  it("names server, plan and epoch", () => {
    expect(logName("plans.example.org/a/plans/sp/2")).toEqual({ server: "plans.example.org/a", plan: "sp", epoch: 2 });
    expect(logName("plans/sp/2")).toBeUndefined();
    expect(logName("a/plans/sp/02")).toBeUndefined();
    expect(decimal("9007199254740993")).toBeUndefined();
  });
});
