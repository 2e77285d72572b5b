import { describe, expect, it } from "vitest";
import { manifest, readApp, sinksTold } from "./reading.fixture.js";

const app = (packages: readonly string[], code: string, more: Readonly<Record<string, string>> = {}) =>
  readApp({
    "package.json": manifest(["express", ...packages]),
    "server.js": `const app = require("express")(); const http = require("http").createServer(app); const fs = require("fs"); const path = require("path");\n${code}\nhttp.listen(1);`,
    ...more,
  });

describe("files that arrive over a socket", () => {
  const io = 'const io = require("socket.io")(http);';

  it("are kept where the event's handler writes them", async () => {
    const one = `${io} io.on("connection", (socket) => { socket.on("upload", (file, done) => { fs.writeFile("./uploads/" + file.name, file.data, done); }); });`;
    expect(sinksTold(await app(["socket.io"], one))).toEqual([`the socket's event "upload" → always: disk uploads`]);
    const base64 = `const { Server } = require("socket.io"); const io = new Server(http); io.on("connection", (socket) => { socket.on("photo", async (text) => { await fs.promises.writeFile(path.join(__dirname, "public/a.png"), Buffer.from(text, "base64")); }); });`;
    expect(sinksTold(await app(["socket.io"], base64))).toEqual([`the socket's event "photo" → always: disk public/a.png`]);
    const ws = `const WebSocket = require("ws"); const wss = new WebSocket.Server({ server: http }); wss.on("connection", (ws) => { ws.on("message", (recording) => { fs.writeFileSync("recordings/" + Date.now(), recording); }); });`;
    expect(sinksTold(await app(["ws"], ws))).toEqual([`the socket's event "message" → always: disk recordings`]);
  });

  it("are followed into other modules, each event by itself", async () => {
    const sockets = `const fs = require("fs"); const cloudinary = require("cloudinary").v2;
      module.exports = (io) => { io.on("connection", connected);
        function connected(socket) { socket.on("file", keep); socket.on("avatar", send); }
        function keep({ name, bytes }) { fs.writeFileSync("files/" + name, bytes); }
        async function send(image) { await cloudinary.uploader.upload(image); } };`;
    expect(sinksTold(await app(["socket.io", "cloudinary"], `${io} require("./sockets")(io);`, { "sockets.js": sockets }))).toEqual([
      `the socket's event "file" → always: disk files`,
      `the socket's event "avatar" → always: cloud cloudinary`,
    ]);
  });

  it("are kept by packages that take them", async () => {
    const stream = `${io} const ss = require("socket.io-stream"); io.of("/user").on("connection", (socket) => { ss(socket).on("picture", (stream, data) => { stream.pipe(fs.createWriteStream("pictures/" + data.name)); }); });`;
    expect(sinksTold(await app(["socket.io", "socket.io-stream"], stream))).toEqual(["a connected client → always: disk pictures"]);
    const folder = `${io} const Files = require("socket.io-file"); io.on("connection", (socket) => { new Files(socket, { uploadDir: "data/music" }); });`;
    expect(sinksTold(await app(["socket.io", "socket.io-file"], folder))).toEqual(["a connected client → always: disk data/music"]);
    const siofu = `${io} const Siofu = require("socketio-file-upload"); io.on("connection", (socket) => { const up = new Siofu(); up.dir = "/srv/files"; up.listen(socket); });`;
    expect(sinksTold(await app(["socket.io", "socketio-file-upload"], siofu))).toEqual(["a connected client → always: disk /srv/files"]);
  });

  it("are told from messages, which no file is made of", async () => {
    const chat = `${io} const Message = require("mongoose").model("Message", {}); io.on("connection", (socket) => {
      socket.on("message", async (message) => { await Message.create({ text: message.text, image: message.image }); io.emit("message", message); fs.appendFile("history.txt", message, () => {}); });
      socket.on("score", (score) => fs.writeFileSync("scores", score)); });`;
    expect(sinksTold(await app(["socket.io", "mongoose"], chat))).toEqual([]);
  });
});

describe("files that a GraphQL mutation is given", () => {
  const server = `const { ApolloServer } = require("apollo-server-express"); const { graphqlUploadExpress } = require("graphql-upload"); app.use(graphqlUploadExpress()); const server = new ApolloServer({ typeDefs: "", resolvers: require("./resolvers") });`;
  const packages = ["apollo-server-express", "graphql-upload"];
  const mutation = async (resolvers: string, more: Readonly<Record<string, string>> = {}): Promise<readonly string[]> =>
    sinksTold(await app(packages, server, { "resolvers.js": resolvers, ...more }));

  it("are kept where their stream is poured", async () => {
    expect(
      await mutation(
        `const fs = require("fs"); module.exports = { Mutation: { addPhoto: async (_, { file }) => { const { createReadStream, filename } = await file; createReadStream().pipe(fs.createWriteStream("images/" + filename)); } } };`,
      ),
    ).toEqual(["the mutation addPhoto → always: disk images"]);
    expect(
      await mutation(
        `const cloudinary = require("cloudinary").v2; module.exports = { Mutation: { addPhoto: async (_, { input: { file } }) => { const { createReadStream } = await file; createReadStream().pipe(cloudinary.uploader.upload_stream({}, () => {})); } } };`,
      ),
    ).toEqual(["the mutation addPhoto → always: cloud cloudinary"]);
  });

  it("are followed through the modules that resolvers are put together of", async () => {
    const more = {
      "photos.js": `const keep = require("./keep"); module.exports = { Mutation: { addPhotos: (_, args) => Promise.all(args.files.map(keep)), rename: (_, { name }) => name } };`,
      "keep.js": `const fs = require("fs"); module.exports = async (upload) => { const { createReadStream, filename } = await upload; await new Promise((done) => createReadStream().pipe(fs.createWriteStream("static/" + filename)).on("finish", done)); };`,
    };
    const put = `const photos = require("./photos"); module.exports = { Query: {}, Mutation: { ...photos.Mutation } };`;
    expect(await mutation(put, more)).toEqual(["the mutation addPhotos → always: disk static"]);
  });

  it("are followed in classes, of type-graphql and of Nest", async () => {
    const types = `import { createWriteStream } from "fs"; import { Arg, Mutation, Resolver } from "type-graphql"; @Resolver() export class Photos { @Mutation(() => Boolean) async add(@Arg("photo") { createReadStream, filename }) { createReadStream().pipe(createWriteStream("photos/" + filename)); return true; } }`;
    expect(sinksTold(await app(["type-graphql"], `const { Photos } = require("./photos"); use(Photos);`, { "photos.ts": types }))).toEqual([
      "add of Photos → always: disk photos",
    ]);
    const reading = await readApp({
      "package.json": manifest(["@nestjs/core", "@nestjs/common", "@nestjs/graphql"], { scripts: { start: "nest start" } }),
      "src/main.ts": `import { NestFactory } from "@nestjs/core"; import { AppModule } from "./app.module"; NestFactory.create(AppModule).then((app) => app.listen(1));`,
      "src/app.module.ts": `import { Module } from "@nestjs/common"; import { Files } from "./files.resolver"; @Module({ providers: [Files] }) export class AppModule {}`,
      "src/files.resolver.ts": `import { Args, Mutation, Resolver } from "@nestjs/graphql"; import { createWriteStream } from "fs"; @Resolver() export class Files { @Mutation(() => Boolean) async add(@Args("file") file) { const { createReadStream, filename } = await file; createReadStream().pipe(createWriteStream("files/" + filename)); return true; } }`,
    });
    expect(sinksTold(reading)).toEqual(["add of Files → always: disk files"]);
  });

  it("are nobody's where no schema takes a resolver in", async () => {
    const lonely = `const fs = require("fs"); module.exports = { Mutation: { addPhoto: async (_, { file }) => { const { createReadStream } = await file; createReadStream().pipe(fs.createWriteStream("images/a")); } } };`;
    expect(await mutation("module.exports = { Query: {} };", { "lonely.js": lonely })).toEqual([]);
  });
});
