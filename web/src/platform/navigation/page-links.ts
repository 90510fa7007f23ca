import type { RouteLocationRaw } from 'vue-router'

/** Names of all pages: features link to each other's pages by name, without knowing each other's code. */
export type PageName = 'sign-in' | 'devices' | 'device' | 'runs' | 'run' | 'snapshots' | 'snapshot-folder' | 'not-found'

const to = (name: PageName, rest: { params?: Record<string, string | string[]>; query?: Record<string, string> } = {}) =>
  ({ name, ...rest }) satisfies RouteLocationRaw

export const pageLinks = {
  signIn: (returnTo?: string) => to('sign-in', returnTo === undefined ? {} : { query: { returnTo } }),
  devices: () => to('devices'),
  device: (agentId: string) => to('device', { params: { agentId } }),
  runs: () => to('runs'),
  run: (runId: string) => to('run', { params: { runId } }),
  snapshots: () => to('snapshots'),
  /**
   * `segments`: names below the top, as text. `base64url`: the raw path where the text is not the whole truth. The address
   * ends with a slash: a folder named `conf.d` must not look like a file to a server that answers pages.
   */
  snapshotFolder: (snapshotId: string, segments: readonly string[] = [], base64url?: string) =>
    to('snapshot-folder', {
      params: { snapshotId, path: [...segments, ''] },
      ...(base64url === undefined ? {} : { query: { b: base64url } }),
    }),
}
