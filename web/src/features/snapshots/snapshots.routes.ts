import type { RouteRecordRaw } from 'vue-router'

export const snapshotRoutes: RouteRecordRaw[] = [
  { path: '/snapshots', name: 'snapshots', component: () => import('./SnapshotsPage.vue') },
  { path: '/snapshots/:snapshotId/:path(.*)*', name: 'snapshot-folder', component: () => import('./SnapshotFolderPage.vue') },
]
