import { afterEach, describe, expect, it, vi } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import { newFileId } from "../catalogue/file.js";
import { temporaryFolder } from "../media.fixture.js";
import { openSigningKeys, type SigningKeys } from "./signing-keys.js";

const minute = 60_000;
const day = 24 * 60 * minute;
const what = { id: newFileId(), transform: "w65" };
const admits = (keys: SigningKeys, query: string): boolean => keys.signer.admit(what, new URLSearchParams(query)) !== undefined;
/** Let time pass: for the keys' own dates and for the minute that what was read is believed. */
const pass = (ms: number): void => void vi.advanceTimersByTime(ms);

afterEach(() => {
  vi.useRealTimers();
});

async function open(instances: number): Promise<SigningKeys[]> {
  const catalogue = await openTestCatalogue(await temporaryFolder());
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: Date.UTC(2026, 10, 28) });
  return await Promise.all(Array.from({ length: instances }, async () => await openSigningKeys(catalogue, undefined)));
}

describe("the catalogue's signing keys", () => {
  it("are the same to every instance", async () => {
    const [one, other] = (await open(2)) as [SigningKeys, SigningKeys];
    expect(admits(other, one.signer.sign(what))).toBe(true);
  });

  it("are rotated without a refusal: the new one signs once every instance has had time to learn of it", async () => {
    const [one, other] = (await open(2)) as [SigningKeys, SigningKeys];
    const before = one.signer.sign(what);
    const { signsFrom } = await one.rotate();
    expect(signsFrom).toBe(Date.now() + 2 * minute);
    for (let second = 0; second <= 240; second += 20) {
      // Each as it does at a request.
      await Promise.all([one.refresh(), other.refresh()]);
      for (const [by, at] of [
        [one, other],
        [other, one],
      ] as const) {
        expect(admits(at, by.signer.sign(what))).toBe(true);
      }
      expect([admits(one, before), admits(other, before)]).toEqual([true, true]);
      expect(one.signer.sign(what) === before).toBe(second < 120);
      pass(20_000);
    }
  });

  it("verify what was signed before for the time that is said, and no longer", async () => {
    const [one, other] = (await open(2)) as [SigningKeys, SigningKeys];
    const before = one.signer.sign(what);
    const { oldKeysUntil } = await one.rotate({ oldKeysLastMs: 7 * day });
    pass(oldKeysUntil - Date.now() - 1000);
    await other.refresh();
    expect([admits(one, before), admits(other, before)]).toEqual([true, true]);
    pass(1000);
    expect([admits(one, before), admits(other, before)]).toEqual([false, false]);
    expect(admits(other, one.signer.sign(what))).toBe(true);
  });

  it("forget a key that became known within two minutes, on every instance that is asked for anything", async () => {
    const [one, other] = (await open(2)) as [SigningKeys, SigningKeys];
    const before = one.signer.sign(what);
    await one.rotate({ oldKeysLastMs: 0 });
    pass(2 * minute);
    await other.refresh();
    expect([admits(one, before), admits(other, before)]).toEqual([false, false]);
  });

  it("are all there after two instances rotate at the same time", async () => {
    const [one, other] = (await open(2)) as [SigningKeys, SigningKeys];
    const before = one.signer.sign(what);
    await Promise.all([one.rotate(), other.rotate()]);
    pass(3 * minute);
    await Promise.all([one.refresh(), other.refresh()]);
    expect(one.signer.sign(what)).toBe(other.signer.sign(what));
    expect([admits(one, before), admits(other, before)]).toEqual([true, true]);
  });

  it("are not rotated where they are given", async () => {
    const catalogue = await openTestCatalogue(await temporaryFolder());
    const keys = await openSigningKeys(catalogue, ["the key of this year", "the key of last year"]);
    await expect(keys.rotate()).rejects.toMatchObject({ code: "SIGNING_KEY_GIVEN" });
    expect(admits(await openSigningKeys(catalogue, ["the key of this year"]), keys.signer.sign(what))).toBe(true);
  });

  it.each([-1, Number.NaN, 1.5])("are not rotated for %d ms", async (oldKeysLastMs) => {
    const [keys] = (await open(1)) as [SigningKeys];
    await expect(keys.rotate({ oldKeysLastMs })).rejects.toMatchObject({ code: "PARAMETER_INVALID" });
  });
});
