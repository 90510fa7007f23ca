import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import { designRoutes } from './features/design/design.routes.ts'
import { deviceRoutes } from './features/devices/devices.routes.ts'
import { overviewRoutes } from './features/overview/overview.routes.ts'
import { auditRoutes } from './features/audit/audit.routes.ts'
import { peopleRoutes } from './features/people/people.routes.ts'
import { planRoutes } from './features/plans/plans.routes.ts'
import { runRoutes } from './features/runs/runs.routes.ts'
import { guardSignIn, useSignInStore } from './features/sign-in/index.ts'
import { settingsRoutes } from './features/settings/settings.routes.ts'
import { signInRoutes } from './features/sign-in/sign-in.routes.ts'
import { snapshotRoutes } from './features/snapshots/snapshots.routes.ts'
import { tokenRoutes } from './features/tokens/tokens.routes.ts'
import { vaultRoutes } from './features/vaults/vaults.routes.ts'
import { readHubFacts } from './shell/hub-facts.ts'

const routes: RouteRecordRaw[] = [
  ...signInRoutes,
  ...overviewRoutes,
  ...deviceRoutes,
  ...planRoutes,
  ...runRoutes,
  ...snapshotRoutes,
  ...designRoutes,
  ...peopleRoutes,
  ...tokenRoutes,
  ...auditRoutes,
  ...settingsRoutes,
  ...vaultRoutes,
  { path: '/:rest(.*)*', name: 'not-found', component: () => import('./shell/NotFoundPage.vue') },
]

/**
 * A page's code is fetched while the hub is still asked who is there; the router finds it on its way, or fails for both. It is no secret,
 * and a stranger who asks for a page is mostly one who signs in next.
 */
function fetchPage({ matched }: RouteLocationNormalized): void {
  const lazy = matched.flatMap(({ components }) => Object.values(components ?? {})).filter((view) => typeof view === 'function')
  for (const fetchCode of lazy as (() => Promise<unknown>)[]) void fetchCode().catch(() => undefined)
}

/** Every page of the console; nobody sees one but the sign-in page before the hub has said who they are. */
export function createConsoleRouter() {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    // The very same address is another folder of a private vault: its path is in none.
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path && to.fullPath !== from.fullPath ? undefined : { top: 0 }),
  })
  let factsOf: string | null = null
  router.beforeEach(async (to, from) => {
    const signIn = useSignInStore()
    const known = signIn.ready()
    setTimeout(() => fetchPage(to))
    await known
    const userId = signIn.user?.id ?? null
    if (userId !== factsOf) {
      factsOf = userId
      // Ages are counted by its clock once that is known; nothing waits for it.
      if (userId !== null) void readHubFacts()
    }
    return guardSignIn(to, signIn.isSignedIn, from)
  })
  return router
}
