import { loadConfig, type AgentConfig } from '../config/agent-config.ts'
import { agentFolders, type AgentFolders } from '../state/agent-folders.ts'
import type { Terminal } from './terminal.ts'

/** What every command gets. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly config: AgentConfig
  readonly folders: AgentFolders
  /** One JSON document on stdout instead of text for people. */
  readonly isJson: boolean
}

export function commandContext(terminal: Terminal, isJson: boolean): CommandContext {
  const config = loadConfig()
  return { terminal, config, folders: agentFolders(config.home), isJson }
}

export function print(context: CommandContext, document: unknown, lines: () => readonly string[]): void {
  context.terminal.out(
    context.isJson
      ? `${JSON.stringify(document, null, 2)}\n`
      : lines()
          .map((line) => `${line}\n`)
          .join(''),
  )
}
