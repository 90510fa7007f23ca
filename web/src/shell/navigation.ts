import { computed } from 'vue'
import { useRoute, type RouteLocationRaw } from 'vue-router'
import { useText } from '../platform/i18n/use-text.ts'
import { pageLinks, type PageName } from '../platform/navigation/page-links.ts'

interface NavigationItem {
  readonly label: string
  readonly icon: string
  readonly to: RouteLocationRaw
  readonly isCurrent: boolean
}

/** The main pages, and which of them the reader is in. */
export function useNavigation() {
  const { t } = useText()
  const route = useRoute()
  const isIn = (...pages: PageName[]) => pages.some((page) => page === route.name)
  return computed<NavigationItem[]>(() => [
    { label: t('navigation.devices'), icon: 'i-lucide-server', to: pageLinks.devices(), isCurrent: isIn('devices', 'device') },
    { label: t('navigation.runs'), icon: 'i-lucide-activity', to: pageLinks.runs(), isCurrent: isIn('runs', 'run') },
    {
      label: t('navigation.snapshots'),
      icon: 'i-lucide-layers',
      to: pageLinks.snapshots(),
      isCurrent: isIn('snapshots', 'snapshot-folder'),
    },
  ])
}
