import type { Owner } from '../format/index.ts'
import type { EntryFields } from './file-archiver.ts'

const unknownOwner: Owner = { uid: 0, gid: 0, user: '', group: '' }

/** Of an entry of which nothing is known. */
export const emptyFields: EntryFields = {
  name: new Uint8Array(0),
  mode: 0,
  owner: unknownOwner,
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
}
