import { beforeEach, inject } from "vitest";

const url = inject("postgres");

// Before a test's file is read, and with it the fixture that looks here.
if (url !== undefined) process.env["HOLDFAST_TEST_DATABASE_URL"] = url;

beforeEach(({ skip }) => skip(url === undefined, "PostgreSQL is not installed"));
