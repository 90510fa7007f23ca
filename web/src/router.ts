import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { deviceRoutes } from './features/devices/devices.routes.ts'
import { runRoutes } from './features/runs/runs.routes.ts'
import { guardSignIn, useSignInStore } from './features/sign-in/index.ts'
import { signInRoutes } from './features/sign-in/sign-in.routes.ts'
import { snapshotRoutes } from './features/snapshots/snapshots.routes.ts'
import { pageLinks } from './platform/navigation/page-links.ts'
import { readHubFacts } from './shell/hub-facts.ts'

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: pageLinks.devices() },
  ...signInRoutes,
  ...deviceRoutes,
  ...runRoutes,
  ...snapshotRoutes,
  { path: '/:rest(.*)*', name: 'not-found', component: () => import('./shell/NotFoundPage.vue') },
]

/** Every page of the console; nobody sees one but the sign-in page before the hub has said who they are. */
export function createConsoleRouter() {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  })
  let factsOf: string | null = null
  router.beforeEach(async (to) => {
    const signIn = useSignInStore()
    await signIn.ready()
    const userId = signIn.user?.id ?? null
    if (userId !== factsOf) {
      factsOf = userId
      if (userId !== null) await readHubFacts()
    }
    return guardSignIn(to, signIn.isSignedIn)
  })
  return router
}
