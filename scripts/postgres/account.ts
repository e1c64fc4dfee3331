import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { StartError } from "../start-error.mjs";

/** The system account that Postgres runs under when the launcher is root. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Postgres refuses to run as root: the account to drop to, or undefined when this process is an ordinary user.
 * An existing cluster keeps its owner.
 * @throws StartError when the cluster belongs to somebody else, or when the system has no account to drop to.
 */
export function accountFor(clusterDir: string): Account | undefined {
  const self = process.getuid?.();
  const owner = ownerOf(clusterDir);
  if (self === undefined) return undefined;
  if (self !== 0) {
    if (owner && owner.uid !== self)
      throw new StartError(
        `${clusterDir} belongs to another user (uid ${owner.uid}): start as that user, or set DATA_DIR.`,
      );
    return undefined;
  }
  const account = owner && owner.uid !== 0 ? owner : (accountNamed("postgres") ?? accountNamed("nobody"));
  if (!account)
    throw new StartError("Postgres does not run as root and there is no other user here: set DATABASE_URL.");
  return account;
}

/** True when `account` may enter the folder and everything above it. */
function canEnter(account: Account, folder: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd -- "$0"', folder], { ...account, cwd: "/", stdio: "ignore" }).status === 0;
}

/**
 * Lets `account` pass through `folder`, if that is a temporary folder (`mkdtemp` closes it to all but root).
 * Any other closed folder is somebody's home and stays closed.
 * @returns false when `account` cannot enter it
 */
export function openTemporary(account: Account, folder: string): boolean {
  if (canEnter(account, folder)) return true;
  const real = realpathSync(folder);
  if (dirname(real) !== realpathSync(tmpdir()) || statSync(real).uid !== 0) return false;
  chmodSync(real, 0o711);
  return canEnter(account, folder);
}

/**
 * A folder that every account can enter, for what cannot stay in the project because that lies in a closed home
 * such as /root. Only root needs it.
 * @throws StartError when the system offers no such folder.
 */
export function sharedFolder(): string {
  for (const folder of ["/var/lib/mass-sender", "/var/tmp/mass-sender"]) {
    try {
      mkdirSync(folder);
      chmodSync(folder, 0o755);
    } catch {
      // It exists, or cannot be made: the check below tells which.
    }
    try {
      const found = lstatSync(folder);
      // /var/tmp is open to all: what another user put there first is not to be trusted.
      if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return folder;
    } catch {
      // Not here: the next one.
    }
  }
  throw new StartError("Postgres cannot reach the project's folder and there is no other place: set DATABASE_URL.");
}

function ownerOf(folder: string): Account | undefined {
  try {
    const { uid, gid } = statSync(folder);
    return { uid, gid };
  } catch {
    return undefined;
  }
}

function accountNamed(name: string): Account | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
