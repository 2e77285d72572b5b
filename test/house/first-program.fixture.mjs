// Runs the README's first program, takes the URL it prints, and asks its handler for that variant.
const printed = [];
const log = console.log;
console.log = (line) => {
  printed.push(line);
  log(line);
};
const { default: app } = await import("./program.mjs");
const url = printed.find((line) => line.startsWith("/media/"));
const response = await app.fetch(new Request(`http://localhost${url}`, { headers: { accept: "image/webp" } }));
const body = Buffer.from(await response.arrayBuffer()).toString("base64");
log(JSON.stringify({ status: response.status, type: response.headers.get("content-type"), body }));
// The program serves until it is told to stop.
process.exit(0);
