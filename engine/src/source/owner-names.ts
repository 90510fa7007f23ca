import { readFileSync } from 'node:fs'
import { decodeUtf8Lossy } from '../bytes/index.ts'

/** A snapshot keeps names of up to 1024 bytes (docs/vault-format.md §15), of which a letter takes three at most. No real one comes near: it is a number then. */
const longestName = 341

/** Who something belongs to; a name is empty where this machine has none. */
export interface OwnerOnDisk {
  readonly uid: number
  readonly gid: number
  readonly user: string
  readonly group: string
}

/**
 * Names of users and groups as /etc/passwd and /etc/group have them, read once when first asked. Users of a directory service
 * (LDAP, sssd) have no name here: asking for them can take minutes when its server is away, and numbers restore as well.
 */
export class OwnerNames {
  readonly #userFile: string
  readonly #groupFile: string
  #users: ReadonlyMap<number, string> | undefined
  #groups: ReadonlyMap<number, string> | undefined
  /** By uid, then gid: an entry for each pair, so that equal owners are one object. */
  readonly #owners = new Map<number, Map<number, OwnerOnDisk>>()

  constructor(userFile = '/etc/passwd', groupFile = '/etc/group') {
    this.#userFile = userFile
    this.#groupFile = groupFile
  }

  of(uid: number, gid: number): OwnerOnDisk {
    let byGid = this.#owners.get(uid)
    if (byGid === undefined) this.#owners.set(uid, (byGid = new Map()))
    let owner = byGid.get(gid)
    if (owner === undefined) byGid.set(gid, (owner = this.#read(uid, gid)))
    return owner
  }

  #read(uid: number, gid: number): OwnerOnDisk {
    this.#users ??= readNames(this.#userFile)
    this.#groups ??= readNames(this.#groupFile)
    return { uid, gid, user: this.#users.get(uid) ?? '', group: this.#groups.get(gid) ?? '' }
  }
}

/** Both files have the name in the first field and the number in the third (passwd(5), group(5)); the first line of a number counts. */
function readNames(filePath: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const line of readLines(filePath)) {
    const [name = '', , id = ''] = line.split(':')
    if (name !== '' && name.length <= longestName && !name.startsWith('#') && /^\d+$/.test(id) && !names.has(Number(id)))
      names.set(Number(id), name)
  }
  return names
}

function readLines(filePath: string): string[] {
  try {
    return decodeUtf8Lossy(readFileSync(filePath)).split('\n')
  } catch {
    // A container may have no such file: then nobody has a name.
    return []
  }
}
