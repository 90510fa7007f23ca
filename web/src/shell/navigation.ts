import { computed } from 'vue'
import { useRoute, useRouter, type RouteLocationRaw } from 'vue-router'
import { useText } from '../platform/i18n/use-text.ts'
import { pageLinks, type PageName } from '../platform/navigation/page-links.ts'
import { useRights } from '../platform/session/rights.ts'

export interface NavigationItem {
  readonly name: PageName
  readonly label: string
  readonly icon: string
  readonly to: RouteLocationRaw
  readonly isCurrent: boolean
}

interface Place {
  readonly name: PageName
  readonly label: Parameters<ReturnType<typeof useText>['t']>[0]
  readonly icon: string
  readonly to: RouteLocationRaw
  /** Pages that belong to it, besides itself. */
  readonly holds: readonly PageName[]
}

const daily: readonly Place[] = [
  { name: 'overview', label: 'navigation.overview', icon: 'i-lucide-shield-check', to: pageLinks.overview(), holds: [] },
  { name: 'devices', label: 'navigation.devices', icon: 'i-lucide-server', to: pageLinks.devices(), holds: ['device'] },
  {
    name: 'plans',
    label: 'navigation.plans',
    icon: 'i-lucide-clipboard-list',
    to: pageLinks.plans(),
    holds: ['plan', 'plan-new', 'plan-edit'],
  },
  { name: 'runs', label: 'navigation.runs', icon: 'i-lucide-activity', to: pageLinks.runs(), holds: ['run'] },
  { name: 'snapshots', label: 'navigation.snapshots', icon: 'i-lucide-layers', to: pageLinks.snapshots(), holds: ['snapshot-folder'] },
  { name: 'vaults', label: 'navigation.vaults', icon: 'i-lucide-vault', to: pageLinks.vaults(), holds: ['vault'] },
]
const administration: readonly Place[] = [
  { name: 'people', label: 'navigation.people', icon: 'i-lucide-users', to: pageLinks.people(), holds: [] },
  { name: 'tokens', label: 'navigation.tokens', icon: 'i-lucide-key-square', to: pageLinks.tokens(), holds: [] },
  { name: 'audit', label: 'navigation.audit', icon: 'i-lucide-scroll-text', to: pageLinks.audit(), holds: [] },
]
const own: readonly Place[] = [
  { name: 'settings', label: 'navigation.settings', icon: 'i-lucide-settings', to: pageLinks.settings(), holds: [] },
]

/** The places of the console that this person may enter, in groups, and which of them the reader is in. */
export function useNavigation() {
  const { t } = useText()
  const route = useRoute()
  const router = useRouter()
  const { mayAdminister } = useRights()
  const itemsOf = (places: readonly Place[]): NavigationItem[] =>
    places
      .filter(({ name }) => router.hasRoute(name))
      .map(({ name, label, icon, to, holds }) => ({
        name,
        label: t(label),
        icon,
        to,
        isCurrent: route.name === name || holds.some((held) => held === route.name),
      }))
  return {
    daily: computed(() => itemsOf(daily)),
    administration: computed(() => (mayAdminister.value ? itemsOf(administration) : [])),
    own: computed(() => itemsOf(own)),
  }
}
