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
