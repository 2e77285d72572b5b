// A decoding process that dies of one picture, as of a crash in a decoder; all others it decodes as it should.
import "../../packages/media/dist/images/decoding-child.js";

let isDeadly = false;
process.prependListener("message", (message) => {
  if (message.kind === "begin") isDeadly = message.task.picture.key === "originals/deadly";
  else if (isDeadly) process.kill(process.pid, "SIGSEGV");
});
