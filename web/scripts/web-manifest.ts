import type { ManifestOptions } from 'vite-plugin-pwa'

const shortcutIcon = { src: '/icon-192.png', sizes: '192x192' }

/** What an installed console shows of itself; the pictures are made by render-icons.ts from public/icon.svg. */
export const manifest: Partial<ManifestOptions> = {
  id: '/',
  name: 'Holdfast',
  short_name: 'Holdfast',
  description: 'Backups you can prove.',
  start_url: '/',
  scope: '/',
  display: 'standalone',
  background_color: '#0e1315',
  theme_color: '#0e1315',
  lang: 'en',
  categories: ['utilities', 'productivity'],
  icons: [
    { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
    { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
    { src: '/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
  ],
  shortcuts: [
    { name: 'Devices', url: '/devices', icons: [shortcutIcon] },
    { name: 'Plans', url: '/plans', icons: [shortcutIcon] },
    { name: 'Runs', url: '/runs', icons: [shortcutIcon] },
    { name: 'Snapshots', url: '/snapshots', icons: [shortcutIcon] },
  ],
}
