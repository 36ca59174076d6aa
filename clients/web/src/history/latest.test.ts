import { expect, it } from "vitest";

import { latest } from "./latest";

const turn = () => new Promise((resolve) => setTimeout(resolve));

it("asks one at a time, and skips what is no longer wanted", async () => {
  const asked: number[] = [];
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const asking = latest(
    (wanted: number) => {
      asked.push(wanted);
      return new Promise<string>((resolve, reject) => waiting.push(() => (wanted < 0 ? reject(new Error("no")) : resolve(`is ${String(wanted)}`))));
    },
    (_wanted, answer) => told.push(answer),
    () => told.push("failed"),
  );
  const answer = async () => {
    waiting.shift()?.();
    await turn();
  };
  for (const wanted of [1, 2, 3, 4]) asking.want(wanted);
  await answer();
  expect(asked).toEqual([1, 4]);
  await answer();
  expect(told).toEqual(["is 1", "is 4"]);

  asking.want(-1);
  asking.want(5);
  await answer();
  await answer();
  expect(told.slice(2)).toEqual(["is 5"]);
  asking.want(-1);
  await answer();
  expect(told.at(-1)).toBe("failed");

  asking.want(6);
  asking.end();
  await answer();
  expect(told.at(-1)).toBe("failed");
});
