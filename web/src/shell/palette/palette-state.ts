import { onScopeDispose, ref } from 'vue'

/** Whether the command palette is shown. */
export const isPaletteOpen = ref(false)

const isMac = /mac|iphone|ipad/i.test(navigator.userAgent)

/** What opens the palette, as its key caps say it. */
export const paletteKeys: readonly string[] = isMac ? ['⌘', 'K'] : ['Ctrl', 'K']

/** Opens and closes the palette by Ctrl+K or ⌘K for as long as the caller lives. */
export function listenForPaletteKeys(): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 'k' || event.altKey || event.shiftKey || event.ctrlKey === event.metaKey) return
    // Browsers put their own search on these keys.
    event.preventDefault()
    isPaletteOpen.value = !isPaletteOpen.value
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}
