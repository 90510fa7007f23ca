import { onScopeDispose, readonly, ref, type Ref } from 'vue'

/** Whether a CSS media query holds now, kept up to date. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  const update = () => (matches.value = list.matches)
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update))
  return readonly(matches)
}

/** As Tailwind's `lg`: from here on a page has room for a second column. */
export const useIsWide = () => useMedia('(min-width: 64rem)')

/** What the system asks for; the page's own choice is `appearance`. */
export const usePrefersDark = () => useMedia('(prefers-color-scheme: dark)')

/** As above: the page has a choice of its own. */
export const usePrefersContrast = () => useMedia('(prefers-contrast: more)')

/** The page runs as an app of its own, with an icon that can carry a badge. */
export const useIsInstalled = () => useMedia('(display-mode: standalone)')
