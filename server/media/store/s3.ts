import { Readable } from "node:stream";
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { S3Settings } from "../../env.ts";
import type { MediaStore } from "./store.ts";

const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;

const isNamed = (error: unknown, names: readonly string[]) => error instanceof Error && names.includes(error.name);

/** Files on an S3 server. The library is loaded at the first use: an installation without S3 does without it. */
export function s3Store(settings: S3Settings): MediaStore {
  const { bucket: Bucket } = settings;
  let opened: Promise<{ s3: typeof import("@aws-sdk/client-s3"); client: S3Client }> | undefined;
  const open = () =>
    (opened ??= import("@aws-sdk/client-s3").then((s3) => ({ s3, client: new s3.S3Client(config(settings)) })));

  return {
    async put(Key, bytes) {
      const { s3, client } = await open();
      const object = new s3.PutObjectCommand({ Bucket, Key, Body: bytes, ContentLength: bytes.byteLength });
      try {
        await client.send(object);
      } catch (error) {
        if (!isNamed(error, ["NoSuchBucket"])) throw error;
        await client.send(new s3.CreateBucketCommand({ Bucket })).catch((failed: unknown) => {
          if (!isNamed(failed, ["BucketAlreadyOwnedByYou", "BucketAlreadyExists"])) throw failed;
        });
        await client.send(object);
      }
    },
    async get(Key) {
      const { s3, client } = await open();
      try {
        const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key }));
        if (!(Body instanceof Readable)) throw new Error("S3 answered without a file");
        return Body;
      } catch (error) {
        if (isNamed(error, ["NoSuchKey", "NoSuchBucket"])) return null;
        throw error;
      }
    },
    async remove(Key) {
      const { s3, client } = await open();
      await client.send(new s3.DeleteObjectCommand({ Bucket, Key })).catch((error: unknown) => {
        if (!isNamed(error, ["NoSuchKey", "NoSuchBucket"])) throw error;
      });
    },
    async *list() {
      const { s3, client } = await open();
      let after: string | undefined;
      do {
        const page = await client
          .send(new s3.ListObjectsV2Command({ Bucket, ContinuationToken: after }))
          .catch((error: unknown) => {
            if (!isNamed(error, ["NoSuchBucket"])) throw error;
          });
        yield (page?.Contents ?? []).flatMap(({ Key, LastModified }) =>
          Key !== undefined && LastModified ? [{ key: Key, putAt: LastModified }] : [],
        );
        after = page?.NextContinuationToken;
      } while (after !== undefined);
    },
  };
}

function config({ endpoint, region, accessKeyId, secretAccessKey }: S3Settings): S3ClientConfig {
  return {
    ...(endpoint ? { endpoint } : {}),
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // Checksums that only newer servers know; SigV4 signs the content's SHA-256 anyway.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  };
}
