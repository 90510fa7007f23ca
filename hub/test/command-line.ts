import { vi } from 'vitest'
import { adminSocketPath } from '../src/admin-socket/admin-socket-path.ts'
import { serveAdminSocket, type AdminSocket } from '../src/admin-socket/serve-admin-socket.ts'
import { adminHandlers } from '../src/cli/admin-handlers.ts'
import { createCliContext } from '../src/cli/cli-context.ts'
import { holdDataFolder, type HeldDataFolder } from '../src/cli/hold-data-folder.ts'
import { runCli } from '../src/cli/main-cli.ts'
import { silentLogger } from '../src/platform/logging/logger.ts'
import type { TestHub } from './test-hub.ts'

export interface CommandAnswer {
  readonly exit: number
  readonly document: Record<string, unknown> & { readonly error?: { code: string; message: string; cure: string } }
}

/** `holdfast-hub …` beside a hub that runs: it finds the hub's lock, and asks at its local door. One command at a time. */
export class CommandLine {
  readonly #held: HeldDataFolder
  readonly #door: AdminSocket
  readonly #env: NodeJS.ProcessEnv

  private constructor(held: HeldDataFolder, door: AdminSocket, env: NodeJS.ProcessEnv) {
    this.#held = held
    this.#door = door
    this.#env = env
  }

  static async beside(hub: TestHub): Promise<CommandLine> {
    // Its database is the test's: nothing of an embedded one is to be looked for.
    const env = {
      HOLDFAST_DATA: hub.dataDir,
      HOLDFAST_PORT: '0',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      HOLDFAST_SECRET: Buffer.from(hub.secret).toString('base64url'),
    }
    const context = createCliContext(env, { isJson: true, isShort: true })
    const held = await holdDataFolder(context, 'hub')
    if ('holder' in held) throw new Error('Somebody else holds the data folder.')
    const socketPath = adminSocketPath(held.folder.runFolder)
    const handlers = adminHandlers(hub.hub, context.config, () => undefined)
    const door = await serveAdminSocket({ socketPath, handlers, log: silentLogger })
    held.lock.update({ adminSocket: socketPath })
    return new CommandLine(held, door, env)
  }

  /** With `--json`, and nobody at a terminal. */
  async run(...args: readonly string[]): Promise<CommandAnswer> {
    const written: string[] = []
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    try {
      const exit = await runCli(['node', 'holdfast-hub', ...args, '--json'], this.#env)
      return { exit, document: JSON.parse(written.join('')) as CommandAnswer['document'] }
    } finally {
      stdout.mockRestore()
    }
  }

  async close(): Promise<void> {
    await this.#door.close(0)
    this.#held.lock.release()
  }
}
