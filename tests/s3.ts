import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestS3 {
  url: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** What is kept, by "bucket/key". */
  objects: Map<string, Buffer>;
  putAt: Map<string, Date>;
  buckets: Set<string>;
  /** Answers everything with 503 while it is so. */
  away: boolean;
  stop(): Promise<void>;
}

const hmac = (key: Buffer | string, text: string) => createHmac("sha256", key).update(text).digest();
const hash = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

/** The signature that a request should have: AWS Signature Version 4, "Create a signed request", steps 1 to 4. */
function signatureOf(request: IncomingMessage, body: Buffer, secret: string): { given: string; right: string } {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    request.headers.authorization ?? "",
  );
  const [, credential = "", signed = "", given = ""] = parts ?? [];
  const [, date = "", region = "", service = ""] = credential.split("/");
  const url = new URL(request.url ?? "/", "http://s3");
  const query = [...url.searchParams].map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).toSorted();
  const headers = signed.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, url.pathname, query.join("&"), headers.join(""), signed, hash(body)].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hash(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request");
  return { given, right: createHmac("sha256", key).update(text).digest("hex") };
}

/** A small S3 server: buckets and objects by path, every request's signature checked over the very bytes that came. */
export async function startTestS3(): Promise<TestS3> {
  const secretAccessKey = "a secret for tests alone";
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, Buffer.concat(chunks), response));
  });

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): unknown {
    const refuse = (status: number, code: string) =>
      response
        .writeHead(status, { "content-type": "application/xml" })
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    if (s3.away) return refuse(503, "ServiceUnavailable");
    const { given, right } = signatureOf(request, body, secretAccessKey);
    if (given !== right) return refuse(403, "SignatureDoesNotMatch");
    const url = new URL(request.url ?? "/", "http://s3");
    const path = decodeURIComponent(url.pathname).slice(1);
    const [bucket = "", ...key] = path.split("/");
    if (request.method === "GET" && url.searchParams.has("list-type")) {
      if (!s3.buckets.has(bucket)) return refuse(404, "NoSuchBucket");
      return response
        .writeHead(200, { "content-type": "application/xml" })
        .end(listing(bucket, url.searchParams.get("continuation-token")));
    }
    if (key.join("") === "") {
      s3.buckets.add(bucket);
      return response.writeHead(200).end();
    }
    if (!s3.buckets.has(bucket)) return refuse(404, "NoSuchBucket");
    if (request.method === "PUT") {
      s3.objects.set(path, body);
      s3.putAt.set(path, new Date());
      return response.writeHead(200, { etag: `"${hash(body)}"` }).end();
    }
    if (request.method === "DELETE") {
      s3.objects.delete(path);
      return response.writeHead(204).end();
    }
    const object = s3.objects.get(path);
    if (!object) return refuse(404, "NoSuchKey");
    return response.writeHead(200, { "content-length": object.length }).end(object);
  }

  /** Two objects of a bucket at a time: who lists has to come again. */
  function listing(bucket: string, after: string | null): string {
    const keys = [...s3.objects.keys()].filter((path) => path.startsWith(`${bucket}/`)).toSorted();
    const rest = keys.filter((path) => after === null || path > after);
    const page = rest.slice(0, 2);
    const contents = page.map((path) => {
      const at = (s3.putAt.get(path) ?? new Date()).toISOString();
      return `<Contents><Key>${path.slice(bucket.length + 1)}</Key><LastModified>${at}</LastModified></Contents>`;
    });
    const next = rest.length > 2 ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    const body = `<IsTruncated>${rest.length > 2}</IsTruncated>${next}${contents.join("")}`;
    return `<?xml version="1.0"?><ListBucketResult>${body}</ListBucketResult>`;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const s3: TestS3 = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKeyId: "tests",
    secretAccessKey,
    objects: new Map(),
    putAt: new Map(),
    buckets: new Set(),
    away: false,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return s3;
}
