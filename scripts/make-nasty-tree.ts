/**
 * Makes a folder of everything that file systems allow and backup programs have stumbled over, to try Holdfast or any other program on.
 *
 *   node -C @holdfast/source scripts/make-nasty-tree.ts FOLDER [--huge ENTRIES] [--deep LEVELS]
 *
 * FOLDER must not exist. As root it also has device nodes, foreign owners, capabilities and trusted attributes. `--huge` adds a folder of
 * so many entries, `--deep` folders in each other whose path is longer than the system takes (from 21 levels on).
 */
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { makeDeepTree, makeHugeFolder, makeNastyTree } from '../engine/test/testing/nasty-tree.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { huge: { type: 'string', default: '0' }, deep: { type: 'string', default: '0' } },
})
const [folder] = positionals
const [entries, levels] = [Number(values.huge), Number(values.deep)]
if (folder === undefined || positionals.length > 1 || !Number.isSafeInteger(entries) || !Number.isSafeInteger(levels)) {
  console.error('usage: make-nasty-tree.ts FOLDER [--huge ENTRIES] [--deep LEVELS]')
  process.exit(2)
}
mkdirSync(folder)
makeNastyTree(folder)
if (entries > 0) makeHugeFolder(folder, entries)
if (levels > 0) makeDeepTree(folder, levels)
