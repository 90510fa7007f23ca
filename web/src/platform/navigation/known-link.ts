import { useRouter, type RouteLocationRaw } from 'vue-router'
import type { PageName } from './page-links.ts'

/** A link where this console has the page, else undefined: a link to a page that is not there would break the one it stands on. */
export function useKnownLink() {
  const router = useRouter()
  return <L extends RouteLocationRaw & { readonly name: PageName }>(link: L): L | undefined =>
    router.hasRoute(link.name) ? link : undefined
}
