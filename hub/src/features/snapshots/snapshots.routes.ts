import type { Snapshot, SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { RequestContext, RouteHandlers } from '../../platform/http/define-feature.ts'
import type { SnapshotRecord } from '../vaults/index.ts'
import { downloadFile } from './download-file.ts'
import { getSnapshot } from './get-snapshot.ts'
import { listEntries } from './list-entries.ts'
import { listSnapshots } from './list-snapshots.ts'
import type { SnapshotsDeps } from './snapshots.deps.ts'
import { presentSnapshot } from './snapshots.present.ts'
import { downloadZip } from './zip/download-zip.ts'
import { prepareZip, type PrepareZipDeps } from './zip/prepare-zip.ts'

export const snapshotRoutes = (deps: PrepareZipDeps): RouteHandlers => ({
  listSnapshots: async ({ em, actor, query }) => ({ items: await listSnapshots(deps, em, actor, query) }),
  getSnapshot: ({ em, actor, params, query }) => getSnapshot(deps, em, actor, { ...params, ...query }),
  previewDeletion: ({ em, body }) => deps.vaults.deletion.preview(em, body.snapshotIds),
  deleteSnapshots: async ({ em, actor, body: { snapshotIds, confirmed, isFinal } }) => {
    tellWhich(snapshotIds, { isFinal })
    const deleted = await deps.vaults.deletion.delete({ snapshotIds, by: actor.name, isConfirmed: confirmed, isFinal })
    return { items: await presentAll(deps, em, deleted) }
  },
  undeleteSnapshots: async ({ em, body: { snapshotIds } }) => {
    tellWhich(snapshotIds)
    return { items: await presentAll(deps, em, await deps.vaults.deletion.undelete(snapshotIds)) }
  },
  holdSnapshot: async ({ em, actor, params, body }) => {
    tellAudit({ details: { reason: body.reason } })
    return presentOne(deps, em, await deps.vaults.deletion.hold(params.snapshotId, { by: actor.name, reason: body.reason }))
  },
  releaseSnapshot: async ({ em, params }) => presentOne(deps, em, await deps.vaults.deletion.hold(params.snapshotId, null)),
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

/** Of many the log has the number; each row of the snapshots themselves says who deleted it. */
function tellWhich(snapshotIds: readonly SnapshotId[], details: { readonly isFinal?: boolean } = {}): void {
  const [only, ...others] = snapshotIds
  if (only !== undefined && others.length === 0) tellAudit({ object: { kind: 'snapshot', id: only, name: null } })
  tellAudit({ details: { snapshots: snapshotIds.length, ...details } })
}

async function presentAll(
  { devices, vaults }: SnapshotsDeps,
  em: EntityManager,
  snapshots: readonly SnapshotRecord[],
): Promise<Snapshot[]> {
  const names = await devices.deviceNames(em)
  return snapshots.map((snapshot) => presentSnapshot(snapshot, names, vaults))
}

const presentOne = async ({ devices, vaults }: SnapshotsDeps, em: EntityManager, snapshot: SnapshotRecord): Promise<Snapshot> =>
  presentSnapshot(snapshot, await devices.deviceNames(em), vaults)

/** A header that may come once only. */
function header(ctx: RequestContext, name: string): string | undefined {
  const value = ctx.headers[name]
  return typeof value === 'string' ? value : undefined
}
