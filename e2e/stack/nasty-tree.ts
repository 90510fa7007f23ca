import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './project.ts'

/**
 * Everything that file systems allow and backup programs have stumbled over. For root every file is readable, so nothing in it is a
 * reason for a warning.
 */
export function makeNastyTree(folder: string): void {
  execFileSync(process.execPath, ['-C', '@holdfast/source', join(projectRoot, 'scripts/make-nasty-tree.ts'), folder])
}
