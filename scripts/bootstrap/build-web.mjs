import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProjectNode, projectEnv } from './project-node.mjs'
import { inRoot } from './root.mjs'
import { runProcess } from './run-process.mjs'
import { PlainProblem } from './run-script.mjs'

/** Everything that can change the console's bundle. */
const sources = [
  'package-lock.json',
  'tsconfig.base.json',
  'web',
  'shared-types/package.json',
  'shared-types/src',
  'engine/package.json',
  'engine/src',
]
const ignored = new Set(['node_modules', 'dist', 'components.d.ts', 'auto-imports.d.ts'])
const builtMark = inRoot('node_modules', '.holdfast-web')

/**
 * Builds the console into web/dist unless it was built from these very sources.
 * @param {{ signal?: AbortSignal | undefined, tell?: (line: string) => void }} [options]
 * @returns {Promise<'built' | 'unchanged'>}
 */
export async function buildWeb({ signal, tell = console.log } = {}) {
  const wanted = hashSources()
  const isBuilt = existsSync(inRoot('web', 'dist', 'index.html')) && existsSync(builtMark)
  if (isBuilt && readFileSync(builtMark, 'utf8') === wanted) return 'unchanged'
  tell('Building the console …')
  const { code, output } = await runProcess(findProjectNode(), [inRoot('node_modules', 'vite', 'bin', 'vite.js'), 'build'], {
    cwd: inRoot('web'),
    env: projectEnv(),
    timeoutMs: 300_000,
    ...(signal === undefined ? {} : { signal }),
  })
  if (signal?.aborted) throw new PlainProblem('Stopped while the console was built.', 130)
  if (code !== 0) throw new PlainProblem(`${output.trimEnd()}\n\nThe console could not be built (vite build ended with ${code}).`)
  writeFileSync(builtMark, wanted)
  return 'built'
}

function hashSources() {
  const hash = createHash('sha256')
  for (const source of sources) hashPath(source, hash)
  return hash.digest('hex')
}

/** @param {string} path @param {import('node:crypto').Hash} hash */
function hashPath(path, hash) {
  const absolute = inRoot(path)
  if (!existsSync(absolute)) return
  const entries = readFolderOrNull(absolute)
  if (entries === null) {
    hash
      .update(path)
      .update('\0')
      .update(createHash('sha256').update(readFileSync(absolute)).digest())
    return
  }
  for (const name of entries) {
    if (!ignored.has(name) && !/\.(test|spec)\.ts$/.test(name)) hashPath(join(path, name), hash)
  }
}

/** @param {string} path @returns {string[] | null} sorted names, or null for a file */
function readFolderOrNull(path) {
  try {
    return readdirSync(path).toSorted()
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOTDIR') return null
    throw error
  }
}
