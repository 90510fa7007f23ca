import type { RequestContext, RouteHandlers } from '../../platform/http/define-feature.ts'
import { downloadFile } from './download-file.ts'
import { getSnapshot } from './get-snapshot.ts'
import { listEntries } from './list-entries.ts'
import { listSnapshots } from './list-snapshots.ts'
import { downloadZip } from './zip/download-zip.ts'
import { prepareZip, type PrepareZipDeps } from './zip/prepare-zip.ts'

export const snapshotRoutes = (deps: PrepareZipDeps): RouteHandlers => ({
  listSnapshots: async ({ em, actor, query }) => ({ items: await listSnapshots(deps, em, actor, query) }),
  getSnapshot: ({ em, actor, params, query }) => getSnapshot(deps, em, actor, { ...params, ...query }),
  listEntries: ({ em, actor, params, query }) => listEntries(deps, em, actor, { ...params, ...query }),
  downloadFile: ({ em, actor, params, query, ctx }) =>
    downloadFile(deps, em, actor, {
      ...params,
      ...query,
      range: header(ctx, 'range'),
      ifRange: header(ctx, 'if-range'),
      ifNoneMatch: header(ctx, 'if-none-match'),
    }),
  prepareZip: ({ em, actor, params, body }) => prepareZip(deps, em, actor, { ...params, ...body }),
  downloadZip: ({ em, actor, params, query }) => downloadZip(deps, em, actor, { ...params, ...query }),
})

/** A header that may come once only. */
function header(ctx: RequestContext, name: string): string | undefined {
  const value = ctx.headers[name]
  return typeof value === 'string' ? value : undefined
}
