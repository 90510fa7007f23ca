import type { LinkState } from '../hub-connection/hub-link.ts'
import { agentVersion } from '../identity/agent-version.ts'
import type { AgentFolders } from '../state/agent-folders.ts'
import { removeRunningAgent, writeRunningAgent } from '../state/running-agent.ts'

/** Keeps agent.json true, one write after the other, until it is withdrawn. */
export function publishFacts(folders: AgentFolders): { publish(state: LinkState): void; withdraw(): Promise<void> } {
  const startedAtMs = Date.now()
  let writing = Promise.resolve()
  const publish = ({ state, problem }: LinkState): void => {
    const facts = { pid: process.pid, version: agentVersion, startedAtMs, link: state, problem }
    // `status` is all that reads it: a full disk must not end the agent.
    writing = writing.then(() => writeRunningAgent(folders, facts)).catch(() => undefined)
  }
  publish({ state: 'connecting', problem: null })
  return {
    publish,
    async withdraw() {
      await writing
      removeRunningAgent(folders)
    },
  }
}
