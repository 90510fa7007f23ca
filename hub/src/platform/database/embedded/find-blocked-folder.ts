import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import path from 'node:path'
import type { FolderOwner } from '../../lifecycle/private-folder.ts'

/**
 * The outermost existing folder on the way to `folder` (itself included) that the user may not enter, null when the way is free.
 * Reads only. The mode bits settle most cases; where they say no, the user is asked in person, since an ACL may allow it.
 */
export function findBlockedFolder(folder: string, user: FolderOwner, env: NodeJS.ProcessEnv): string | null {
  const suspects = existingFolders(folder).filter((one) => !maySearchByMode(one, user))
  if (suspects.length === 0) return null
  const script = 'for folder; do cd "$folder" 2>/dev/null || { printf %s "$folder"; exit 3; }; done'
  const asked = spawnSync('/bin/sh', ['-c', script, 'sh', ...suspects], {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (asked.status === 0) return null
  return asked.status === 3 && asked.stdout !== '' ? asked.stdout : (suspects[0] ?? null)
}

/** Outermost first. */
function existingFolders(folder: string): string[] {
  const folders: string[] = []
  for (let at = folder; ; at = path.dirname(at)) {
    if (statSync(at, { throwIfNoEntry: false })) folders.unshift(at)
    if (at === path.dirname(at)) return folders
  }
}

function maySearchByMode(folder: string, user: FolderOwner): boolean {
  const { mode, uid, gid } = statSync(folder)
  // The first class that fits decides, and only that one: an owner without the bit is locked out even where others are not.
  if (uid === user.uid) return (mode & 0o100) !== 0
  if (gid === user.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
