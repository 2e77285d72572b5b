// Ends this process at an exact point of an upload, as if by the hand of the kernel: no handler runs, nothing is flushed.
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { S3Client } from "@aws-sdk/client-s3";
import Database from "libsql";
import { aroundCommits } from "./pg-commits.mjs";

/**
 * Kill this process with SIGKILL at the `nth` time that it comes by a point, once its parent has said "arm". The points are in the order of an upload:
 * inside the put (before a write, before and after the link that publishes the object), and around the commit.
 *
 * @param {import("./service-process.js").KillPoint} point
 */
export function killAtPoint({ at, nth }) {
  let times = 0;
  let isArmed = false;
  process.on("message", (message) => {
    if (message === "arm") isArmed = true;
  });
  const pass = () => {
    if (!isArmed) return;
    times += 1;
    // The signal is delivered before kill(2) returns: not one more instruction of ours is run.
    if (times === nth) process.kill(process.pid, "SIGKILL");
  };
  if (at === "write") wrapWrites(pass);
  else if (at === "before link" || at === "after link") wrapLink(at, pass);
  else if (at === "before put" || at === "after put") wrapPuts(at, pass);
  else if (at === "before pg commit") aroundCommits(async ({ commit }) => (pass(), await commit()));
  else if (at === "after pg commit") aroundCommits(async ({ commit }) => await commit().finally(pass));
  else wrapCommits(at, pass);
}

/** Puts of originals into a bucket. */
function wrapPuts(at, pass) {
  const { send } = S3Client.prototype;
  S3Client.prototype.send = async function (command, ...rest) {
    const isPut = /^(PutObject|CompleteMultipartUpload)Command$/.test(command.constructor.name);
    const isOriginal = isPut && command.input.Key.startsWith("originals/") && !command.input.Key.endsWith(".json");
    if (isOriginal && at === "before put") pass();
    const answer = await Promise.resolve(send.call(this, command, ...rest));
    if (isOriginal && at === "after put") pass();
    return answer;
  };
}

function wrapLink(at, pass) {
  const { link } = fsPromises;
  fsPromises.link = async (from, to) => {
    const isObject = !/\.holdfast|\.json$/.test(String(to));
    if (isObject && at === "before link") pass();
    await link(from, to);
    if (isObject && at === "after link") pass();
  };
  syncBuiltinESMExports();
}

function wrapWrites(pass) {
  const { open } = fsPromises;
  fsPromises.open = async (...given) => {
    const handle = await open(...given);
    if (String(given[0]).includes("/parts/")) {
      const { write } = handle;
      handle.write = async (...block) => {
        pass();
        return await write.apply(handle, block);
      };
    }
    return handle;
  };
  syncBuiltinESMExports();
}

/** Commits that store a file: those of transactions that wrote a replica. */
function wrapCommits(at, pass) {
  const { prepare } = Database.prototype;
  let isStoring = false;
  Database.prototype.prepare = function (sql) {
    if (/^insert into "?\w*replicas/i.test(sql)) isStoring = true;
    const statement = prepare.call(this, sql);
    if (!/^\s*commit\b/i.test(sql) || !isStoring) return statement;
    isStoring = false;
    return around(
      statement,
      () => at === "before commit" && pass(),
      () => at === "after commit" && pass(),
    );
  };
}

/** A statement with something before and after it is executed. */
function around(statement, before, after) {
  const wrapped =
    (method) =>
    (...parameters) => {
      before();
      const result = statement[method](...parameters);
      after();
      return result;
    };
  return { reader: statement.reader, run: wrapped("run"), all: wrapped("all"), iterate: wrapped("iterate") };
}
