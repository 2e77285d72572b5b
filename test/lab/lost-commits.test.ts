import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { makePictures, randomFrom } from "../system/pictures-made.js";
import { type Mutant, type ServiceProcess, startService } from "../system/service-process.js";
import { checkErrands, newErrand, newErrands, send } from "./clients.js";
import { type Cloud, makeCloud } from "./cloud-home.js";
import { periods, settled } from "./kill-rounds.js";

const lab = inject("lab");
const uploads = 12;
let cloud: Cloud;
let service: ServiceProcess | undefined;

beforeEach(async () => {
  if (lab !== undefined) cloud = await makeCloud(lab);
});

afterEach(async () => {
  await service?.kill();
  await cloud.remove();
});

/** Upload through an instance that loses the answer of every third commit which stores a file, with its connection. */
async function uploadWithLostCommits(mutant?: Mutant): Promise<string[]> {
  const options = { loseEveryCommit: 3, media: periods, ...(mutant === undefined ? {} : { mutant }) };
  service = await startService(await cloud.makeInstance(), options);
  const random = randomFrom(11);
  const pictures = await makePictures(random);
  const errands = newErrands();
  for (let count = 0; count < uploads; count += 1) {
    const errand = newErrand(errands, random, pictures);
    for (let attempt = 0; errand.id === undefined && attempt < 10; attempt += 1) await send(service.origin, errand, errands);
  }
  return [...errands.wrong, ...(await checkErrands(service.origin, errands))];
}

describe.runIf(lab !== undefined)("a commit whose answer is lost", () => {
  it("is resolved by reading: nothing is lost, kept twice or left behind", async () => {
    expect(await uploadWithLostCommits()).toEqual([]);
    expect(await settled(cloud)).toEqual([]);
  });

  it("is noticed to lose a file when it is taken for a failure, and the object deleted", async () => {
    const problems = await uploadWithLostCommits("delete after an unknown commit");
    expect(problems).toContainEqual(expect.stringMatching(/^lost: the bytes of/));
  });
});
