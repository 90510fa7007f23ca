import type { TreeEntryType } from '../../format/index.ts'

const access = Buffer.from('system.posix_acl_access')
const standard = Buffer.from('system.posix_acl_default')

/** ACLs that a thing of this type may get from the folder it is made in (acl(5)). */
export const aclNames = (type: TreeEntryType): readonly Buffer[] => (type === 'folder' ? [access, standard] : [access])

/** A folder with this gives what is made in it an ACL. */
export const isInheritable = (name: Uint8Array): boolean => standard.equals(name)

/** Attributes that a file's owner gives it. All others belong to the system, and one that appeared since is left where it is. */
export const isOwners = (name: Uint8Array): boolean =>
  Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('latin1').startsWith('user.') ||
  access.equals(name) ||
  standard.equals(name)
