import { crc32, deflateRawSync } from "node:zlib";

/** A file of an archive, and what the archive says of it, true or not. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** @defaultValue the size that it has */
  readonly saidBytes?: number;
  readonly isEncrypted?: boolean;
}

/** Write an archive as PKWARE's APPNOTE has it (4.3.7, 4.3.12, 4.3.16), also one that no honest program writes. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, saidBytes = bytes.byteLength, isEncrypted = false } of entries) {
    const packed = deflateRawSync(bytes);
    const utf8 = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800 | (isEncrypted ? 1 : 0), 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.byteLength, 14);
    common.writeUInt32LE(saidBytes, 18);
    common.writeUInt16LE(utf8.byteLength, 22);
    const file = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, utf8, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\0"), common, rest, utf8]));
    files.push(file);
    offset += file.byteLength;
  }
  const whole = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(whole.byteLength, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, whole, Buffer.from("PK\u0005\u0006"), end]);
}
