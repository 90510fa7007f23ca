import { readonly, ref, watchEffect } from 'vue'
import { forgetSetting, keepSetting, readKeptSetting } from '../platform/browser/kept-setting.ts'

export const appearances = ['system', 'light', 'dark'] as const
export type Appearance = (typeof appearances)[number]

// public/first-paint.js reads the same key before anything is painted.
const settingKey = 'appearance'
const kept = readKeptSetting(settingKey)
const chosen = ref<Appearance>(kept === 'light' || kept === 'dark' ? kept : 'system')
const systemIsDark = ref(false)

export const appearance = readonly(chosen)

export function chooseAppearance(next: Appearance): void {
  chosen.value = next
  if (next === 'system') forgetSetting(settingKey)
  else keepSetting(settingKey, next)
}

/** Follows the choice and the system's from now on. Call once. */
export function startAppearance(): void {
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  systemIsDark.value = system.matches
  system.addEventListener('change', () => (systemIsDark.value = system.matches))
  watchEffect(() => {
    const isDark = chosen.value === 'dark' || (chosen.value === 'system' && systemIsDark.value)
    document.documentElement.classList.toggle('dark', isDark)
    document.documentElement.classList.toggle('light', !isDark)
  })
}
