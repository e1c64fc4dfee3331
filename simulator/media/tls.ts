import { isIP } from "node:net";
import { generate } from "selfsigned";
import type { Certificate } from "../world/schema.ts";

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 825;

// Certificates are checked against the real time, which no simulated day moves; clocks of two machines may differ a little.
const validFor = (days: number) => ({
  notBeforeDate: new Date(Date.now() - DAY_MS),
  notAfterDate: new Date(Date.now() + days * DAY_MS),
});

/** A new certificate authority that signs for this simulator alone. */
export const newAuthority = async (): Promise<Certificate> => {
  const made = await generate([{ name: "commonName", value: "Local WhatsApp authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    ...validFor(AUTHORITY_DAYS),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key: made.private, cert: made.cert };
};

/** A server certificate for this machine's own names and the one given, a DNS name or an address. */
export const serverCertificate = async (authority: Certificate, host: string): Promise<Certificate> => {
  const names = new Set(["localhost", "127.0.0.1", "::1", host]);
  const made = await generate([{ name: "commonName", value: "Local WhatsApp media" }], {
    keyType: "ec",
    algorithm: "sha256",
    ...validFor(SERVER_DAYS),
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [...names].map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  });
  return { key: made.private, cert: made.cert };
};
