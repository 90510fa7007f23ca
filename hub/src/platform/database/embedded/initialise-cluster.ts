import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '@holdfast/shared-types'
import { createFileOnce, syncFolder } from '../../lifecycle/durable-file.ts'
import { errorCode } from '../../lifecycle/error-code.ts'
import type { ClusterLayout } from './cluster-layout.ts'
import { runTool, type ToolOptions } from './run-tool.ts'
import type { ServerBinaries } from './server-binaries.ts'

/** The role the hub signs in as; owner of the cluster. */
export const databaseRole = 'hub'

export interface InitialisedCluster {
  readonly password: string
  /** True when it was made just now. */
  readonly isNew: boolean
}

/**
 * Makes the cluster unless it is there. It is built under another name and renamed when complete, so a start that was killed
 * leaves either a whole cluster or none.
 *
 * @throws AppError `settings.invalid` when it belongs to another major version or its password is gone; `database.unavailable`
 * when initdb fails.
 */
export async function initialiseCluster(layout: ClusterLayout, binaries: ServerBinaries, tool: ToolOptions): Promise<InitialisedCluster> {
  await removeDrafts(layout, tool)
  if (existsSync(path.join(layout.dataFolder, 'PG_VERSION'))) return { password: readPassword(layout), isNew: false }
  refuseOtherMajor(layout, binaries)
  // Made before the cluster: a cluster without its password would be locked for ever.
  createFileOnce(layout.passwordFile, `${randomBytes(24).toString('base64url')}\n`, 0o600)
  const password = readPassword(layout)
  // A name of its own: the initdb of a start that was killed may still be writing to another.
  const draft = `${layout.dataFolder}.draft-${randomBytes(4).toString('hex')}`
  await buildCluster({ layout, draft, password, binaries, tool })
  // Neither name is followed when it is a symlink, and `home` itself lies in the hub's own folder.
  renameSync(draft, layout.dataFolder)
  syncFolder(layout.home)
  return { password, isNew: true }
}

interface BuildOptions {
  readonly layout: ClusterLayout
  readonly draft: string
  readonly password: string
  readonly binaries: ServerBinaries
  readonly tool: ToolOptions
}

async function buildCluster(options: BuildOptions): Promise<void> {
  const { layout, draft, password, binaries, tool } = options
  // In the hub's own folder, since as root the hub does not write where the database's user could have put a symlink.
  const passwordDraft = passwordDraftOf(layout)
  writeFileSync(passwordDraft, `${password}\n`, { mode: 0o600, flag: 'wx' })
  try {
    if (tool.user) chownSync(passwordDraft, tool.user.uid, tool.user.gid)
    const { exitCode, output } = await runTool(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${databaseRole}`,
        `--pwfile=${passwordDraft}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The builtin provider sorts by code point: an update of the system's libraries can never corrupt an index.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--data-checksums',
        '--no-instructions',
      ],
      tool,
    )
    if (exitCode === 0) return
    await removeAsUser(draft, tool)
    throw new AppError('database.unavailable', {
      message: `The database could not be set up: ${lastLines(output)}`,
      cure: 'Make sure that the disk of HOLDFAST_DATA has 100 MiB free and works, or set DATABASE_URL to a Postgres of your own.',
    })
  } finally {
    rmSync(passwordDraft, { force: true })
  }
}

const lastLines = (output: string): string => output.split('\n').slice(-4).join(' ').slice(0, 500)

function readPassword(layout: ClusterLayout): string {
  let text: string
  try {
    text = readFileSync(layout.passwordFile, 'utf8').trim()
  } catch (cause) {
    text = ''
    if (errorCode(cause) !== 'ENOENT') throw cause
  }
  if (text !== '') return text
  throw new AppError('settings.invalid', {
    message: `The password of the embedded database is missing: ${layout.passwordFile}.`,
    cure: `Put the file back from your copy. Without it, move ${layout.home} away to begin with an empty database; the vaults stay.`,
  })
}

/** An empty cluster beside a full one of an older major would look like a loss of everything. */
function refuseOtherMajor(layout: ClusterLayout, binaries: ServerBinaries): void {
  const other = readdirSync(layout.folder).find(
    (name) => /^\d+$/.test(name) && name !== binaries.major && existsSync(path.join(layout.folder, name, 'data', 'PG_VERSION')),
  )
  if (other === undefined) return
  throw new AppError('settings.invalid', {
    message: `The database in ${layout.folder} was made by Postgres ${other}; this hub brings Postgres ${binaries.major}.`,
    cure: `Use the Holdfast version that brings Postgres ${other}, or move ${path.join(layout.folder, other)} away to begin with an empty database.`,
  })
}

const passwordDraftOf = (layout: ClusterLayout): string => path.join(layout.folder, 'initdb.password')

/** What starts that were killed left: half a cluster, and the password in a file that the database's user can read. */
async function removeDrafts(layout: ClusterLayout, tool: ToolOptions): Promise<void> {
  rmSync(passwordDraftOf(layout), { force: true })
  const prefix = `${path.basename(layout.dataFolder)}.draft-`
  for (const name of readdirSync(layout.home)) if (name.startsWith(prefix)) await removeAsUser(path.join(layout.home, name), tool)
}

/** As the owner of the folder, not as root: what lies in it was written by that user. */
async function removeAsUser(folder: string, tool: ToolOptions): Promise<void> {
  if (tool.user) await runTool('/bin/rm', ['-rf', '--', folder], tool)
  else rmSync(folder, { recursive: true, force: true })
}
