import { describe, expect, it } from "vitest";
import { databasesOf, readingOf, sinksOf } from "../reading.fixture.js";
import { phpReader } from "./index.js";

const database = "<?php\n$db['default'] = array('dsn' => '', 'hostname' => 'localhost', 'database' => 'shop', 'dbdriver' => 'mysqli');\n";

/** A CodeIgniter 3 app whose one controller has these methods. */
const app = (methods: string, more: Readonly<Record<string, string>> = {}) =>
  readingOf(phpReader, {
    "index.php": "<?php\ndefine('FCPATH', dirname(__FILE__) . DIRECTORY_SEPARATOR);\nrequire_once BASEPATH . 'core/CodeIgniter.php';\n",
    "system/core/CodeIgniter.php": "<?php\n",
    "application/config/database.php": database,
    "application/controllers/Items.php": `<?php\nclass Items extends CI_Controller {\n${methods}\n}\n`,
    ...more,
  });

const kept = async (methods: string, more?: Readonly<Record<string, string>>) => Object.values(sinksOf(await app(methods, more)));

const upload = "$this->upload->do_upload('photo');";

describe("CodeIgniter's upload library", () => {
  it.each([
    [`$config['upload_path'] = './uploads/items/'; $this->load->library('upload', $config); ${upload}`, "disk uploads/items"],
    [
      `$config = array('upload_path' => FCPATH . 'assets/img/', 'allowed_types' => 'jpg'); $this->upload->initialize($config); ${upload}`,
      "disk assets/img",
    ],
    [`$config['upload_path'] = getenv('UPLOAD_DIR'); $this->load->library('upload', $config); ${upload}`, "disk ${UPLOAD_DIR}"],
    [upload, "disk ?"],
  ])("keeps a file where it was told to: %s", async (body, told) => {
    expect(await kept(`public function add() { ${body} }`)).toEqual([[told]]);
  });

  it("is told by another method of the class, or by its configuration", async () => {
    const helper = `private function options() { return array('upload_path' => './photos/'); } public function add() { $this->load->library('upload', $this->options()); ${upload} }`;
    expect(await kept(helper)).toEqual([["disk photos"]]);
    const configured = { "application/config/upload.php": "<?php\n$config['upload_path'] = './files/';\n" };
    expect(await kept(`public function add() { $this->load->library('upload'); ${upload} }`, configured)).toEqual([["disk files"]]);
  });

  it("keeps nothing of a table that is only read", async () => {
    const read = `$config['upload_path'] = './uploads/'; $this->load->library('upload', $config); ${upload} $d = $this->upload->data(); PHPExcel_IOFactory::load($d['full_path']); unlink($d['full_path']);`;
    expect(await kept(`public function import() { ${read} }`)).toEqual([]);
  });

  it("is explained to somebody who does not know it", async () => {
    const reading = await app(`public function add() { $config['upload_path'] = './uploads/'; ${upload} }`);
    expect(reading.framework).toBe("codeigniter");
    expect(reading.sinks[0]?.outcomes[0]?.because.map(({ why }) => why)).toEqual([
      "CodeIgniter's upload library keeps the file in a folder of the instance's own disk",
      "the folder is named here",
    ]);
  });
});

describe("CodeIgniter's database", () => {
  it.each([
    [database, "database mysql"],
    ["<?php\n$db['default']['dbdriver'] = 'postgre';\n", "database postgres"],
    ["<?php\n$db['default'] = array('dbdriver' => 'sqlite3', 'database' => APPPATH . 'db/shop.sqlite');\n", /^disk .*db\/shop\.sqlite$/],
    ["<?php\n$db['default'] = ['dsn' => 'sqlite:/srv/shop.db', 'dbdriver' => 'pdo'];\n", "disk /srv/shop.db"],
  ])("is the one that its driver names: %s", async (config, told) => {
    const [found] = databasesOf(await app("", { "application/config/database.php": config }))["default"] ?? [];
    expect(found).toMatch(told);
  });

  it("is read from a class since version 4", async () => {
    const config =
      "<?php\nnamespace Config;\nclass Database extends Config {\npublic array $default = ['hostname' => 'localhost', 'database' => 'a', 'DBDriver' => 'MySQLi'];\npublic array $tests = ['DBDriver' => 'SQLite3'];\n}\n";
    const reading = await readingOf(phpReader, { spark: "", "public/index.php": "<?php\n", "app/Config/Database.php": config });
    expect(databasesOf(reading)).toEqual({ default: ["database mysql"] });
  });
});
