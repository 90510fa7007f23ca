import { existsSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { inRoot } from './root.mjs'
import { PlainProblem } from './run-script.mjs'

const neededMajor = 24

/** Path of the Node that the project runs on: the one pinned in package-lock.json, or the system's where none is packaged (macOS). */
export function findProjectNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const pinned = inRoot('node_modules', `node-${platform}-${process.arch}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath
  throw new PlainProblem(
    `Holdfast runs on Node ${neededMajor} or newer. For ${process.platform}-${process.arch} it brings none of its own, and this is Node ${process.versions.node}.\n` +
      `Install Node ${neededMajor} (https://nodejs.org) and run the same command again.`,
  )
}

/** Runs TypeScript sources as they are: other workspaces are found by their sources, not by a build. */
export const sourceFlags = ['-C', '@holdfast/source']

/**
 * The environment in which `node` is the project's Node and its tools are found by name.
 * @param {NodeJS.ProcessEnv} [more]
 * @returns {NodeJS.ProcessEnv}
 */
export function projectEnv(more = {}) {
  const path = [dirname(findProjectNode()), inRoot('node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter)
  return { ...process.env, ...more, PATH: path }
}
