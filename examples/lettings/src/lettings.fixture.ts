import { createPhotos } from "@holdfast/example-site";
import sharp from "sharp";
import { expect } from "vitest";
import { startTestSite, type TestSite, type TestVisitor } from "../../site/src/site.fixture.js";
import { assetFolders, createApp, presets } from "./app.js";
import { createLettings, type Lettings } from "./lettings.js";
import { createProfiles, type Profiles, type Role } from "./profiles.js";
import { migrations } from "./tables.js";

export const password = "un toit en Californie";

export interface Agency extends TestSite {
  readonly lettings: Lettings;
  readonly profiles: Profiles;
  readonly addressId: string;
  logIn(role: Role): Promise<TestVisitor>;
}

/** The agency with somebody of each role that is asked for, one address, and nothing let. */
export async function openAgency(...roles: readonly Role[]): Promise<Agency> {
  const site = await startTestSite(migrations, (services, settings) => createApp(services, settings, { mayFail: true }), {
    media: { presets },
    assetFolders,
  });
  const { services } = site;
  const profiles = createProfiles(services);
  for (const role of roles) {
    await profiles.create({ name: role, email: `${role}@example.com`, role, username: role, favoriteCity: "Orange", password }, undefined);
  }
  const lettings = createLettings(services.database, createPhotos(services, "letting"));
  const addressId = await lettings.addresses.create({
    number: 418,
    street: "Jasmine",
    city: "Laguna Beach",
    state: "CA",
    zip_code: "92651",
  });
  return {
    ...site,
    lettings,
    profiles,
    addressId,
    async logIn(role) {
      const visitor = site.visit();
      await visitor.get("/log-in");
      expect((await visitor.post("/log-in", { email: `${role}@example.com`, password })).status).toBe(200);
      return visitor;
    },
  };
}

export async function picture(colour: string): Promise<Blob> {
  const image = sharp({ create: { width: 400, height: 300, channels: 3, background: colour } });
  return new Blob([Uint8Array.from(await image.jpeg().toBuffer())]);
}

export function form(
  fields: Readonly<Record<string, string>>,
  files: readonly (readonly [field: string, name: string, bytes: Blob])[] = [],
): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (const [field, name, bytes] of files) data.append(field, bytes, name);
  return data;
}

export const letting = { title: "Bungalow", description: "Deux rues de la plage.", rent: "4 250", bedrooms: "3" };
