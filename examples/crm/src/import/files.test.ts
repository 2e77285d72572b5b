import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Archive, type ArchiveLimits, openArchive } from "./archive.js";
import { mostRows, readSheet } from "./sheet.js";
import { type ZipEntry, zipOf } from "./zip.fixture.js";

const problemOf = (text: string | Uint8Array): unknown => {
  const read = readSheet(typeof text === "string" ? Buffer.from(text) : text);
  return "problem" in read ? read.problem.code : undefined;
};

describe("a table", () => {
  it("is read with commas, semicolons or tabs, with Turkish or English names of columns, in any encoding it may come in", () => {
    const turkish = "Ad Soyad;Şirket;E-posta\r\nIşıl Güneş;Ege, Zeytin;isil@ege.example\r\n";
    // Windows' own encoding of Turkish, as old Excel writes it: ş is 0xFE, ı 0xFD, Ş 0xDE, ü 0xFC.
    const windows = Buffer.from(
      turkish.replaceAll(/[şıŞü]/g, (sign) => ({ ş: "\u00fe", ı: "\u00fd", Ş: "\u00de" })[sign] ?? sign),
      "latin1",
    );
    for (const bytes of [
      Buffer.from(turkish),
      Buffer.from(`\ufeff${turkish}`),
      Buffer.from(`\ufeff${turkish}`, "utf16le"),
      windows,
      Buffer.from('name,company,email\n\nIşıl Güneş,"Ege, Zeytin",isil@ege.example'),
      Buffer.from("NAME\tcompany\te-mail\nIşıl Güneş\tEge, Zeytin\tisil@ege.example\n"),
    ]) {
      const read = readSheet(bytes);
      expect("rows" in read ? read.rows.map(({ fields }) => fields) : read).toEqual([
        { name: "Işıl Güneş", company: "Ege, Zeytin", email: "isil@ege.example", phone: "", stage: "", agent: "", note: "", photo: "" },
      ]);
    }
  });

  it("tells on which line each row ends, and where fields have been shifted", () => {
    const read = readSheet(Buffer.from('name,note\nAda,"two\nlines"\nBo,a,b\n'));
    expect("rows" in read ? read.rows.map(({ line, isTooWide }) => [line, isTooWide]) : read).toEqual([
      [3, false],
      [4, true],
    ]);
  });

  it("is refused whole where it cannot be understood", () => {
    expect(problemOf("name,nmae\nAda,x\n")).toBe("columnUnknown");
    expect(problemOf("name,ad\nAda,x\n")).toBe("columnTwice");
    expect(problemOf("company\nEge\n")).toBe("columnMissing");
    expect(problemOf("name\n")).toBe("noRows");
    expect(problemOf("")).toBe("noRows");
    expect(problemOf(`name\n${"Ada\n".repeat(mostRows + 1)}`)).toBe("tooManyRows");
    expect(problemOf('name\n"Ada\n')).toBe("unreadable");
    expect(problemOf(`name\n${"x".repeat(30_000)}\n`)).toBe("unreadable");
    expect(problemOf(zipOf([{ name: "xl/workbook.xml", bytes: Buffer.from("<workbook/>") }]))).toBe("notText");
  });
});

async function opened(bytes: Uint8Array, limits?: ArchiveLimits): Promise<Archive | string> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-zip-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const path = join(folder, "photos.zip");
  await writeFile(path, bytes);
  const read = await openArchive(path, limits);
  if ("problem" in read) return read.problem.code;
  onTestFinished(() => read.archive.close());
  return read.archive;
}

async function archive(...entries: readonly ZipEntry[]): Promise<Archive | string> {
  return await opened(zipOf(entries));
}

const text = (name: string, content = name): ZipEntry => ({ name, bytes: Buffer.from(content) });

describe("an archive", () => {
  it("has its files found by their paths or their names, whatever the capitals and however accents are written", async () => {
    const found = await archive(
      text("fotoğraflar/Ayşe.JPG".normalize("NFD")),
      text("a/twice.jpg"),
      text("b/twice.jpg"),
      text("fotoğraflar/"),
      text("__MACOSX/._Ayşe.JPG"),
    );
    if (typeof found === "string") throw new Error(found);
    expect(found.names).toEqual(["fotoğraflar/Ayşe.JPG", "a/twice.jpg", "b/twice.jpg"]);
    expect(found.find("ayşe.jpg")).toBe("fotoğraflar/Ayşe.JPG");
    expect(found.find("Fotoğraflar\\ayşe.jpg")).toBe("fotoğraflar/Ayşe.JPG");
    expect(found.find("twice.jpg")).toBeUndefined();
    expect(found.find("b/twice.jpg")).toBe("b/twice.jpg");
    expect(String(await buffer(await found.open("b/twice.jpg")))).toBe("b/twice.jpg");
  });

  it("that names files outside itself is refused whole", async () => {
    for (const name of ["../a.jpg", "a/../../b.jpg", "/etc/passwd", "C:\\a.jpg", "..\\a.jpg", "a\0.jpg"]) {
      expect([name, await archive(text("good.jpg"), text(name))]).toEqual([name, "unsafe"]);
    }
  });

  it("that would unpack to far more than photos do is refused before a byte of it is unpacked", async () => {
    const zeros = Buffer.alloc(30_000_000);
    expect(await archive({ name: "one.jpg", bytes: zeros })).toBe("bomb");
    expect(await archive({ name: "swollen.jpg", bytes: zeros.subarray(0, 2_000_000) })).toBe("bomb");
    const limits = { entries: 3, entryBytes: 1_000, bytes: 1_500, ratio: 20 };
    const noise = Buffer.from(Array.from({ length: 800 }, (_, at) => (at * 7919) % 251));
    expect(await opened(zipOf([1, 2].map((at) => ({ name: `${at}.jpg`, bytes: noise }))), limits)).toBe("bomb");
    expect(await opened(zipOf([1, 2, 3, 4].map((at) => text(`${at}.jpg`))), limits)).toBe("tooManyEntries");
  });

  it("that says a file is small which is not, unpacks no more of it than it said", async () => {
    const found = await archive({ name: "liar.jpg", bytes: Buffer.alloc(5_000_000), saidBytes: 1_000 });
    if (typeof found === "string") throw new Error(found);
    let size = 0;
    const reading = (async () => {
      for await (const block of await found.open("liar.jpg")) size += (block as Uint8Array).byteLength;
    })();
    await expect(reading).rejects.toThrow("too many bytes");
    expect(size).toBeLessThanOrEqual(1_000);
  });

  it("that is none, is cut short, or is encrypted is refused", async () => {
    expect(await opened(Buffer.from("no archive"))).toBe("noZip");
    expect(await opened(zipOf([text("a.jpg")]).subarray(0, 60))).toBe("noZip");
    expect(await archive({ ...text("a.jpg"), isEncrypted: true })).toBe("encrypted");
  });
});
