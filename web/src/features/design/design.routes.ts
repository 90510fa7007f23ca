import type { RouteRecordRaw } from 'vue-router'

/** For those who build the console: no link leads here. */
export const designRoutes: RouteRecordRaw[] = [{ path: '/design', name: 'design', component: () => import('./DesignPage.vue') }]
