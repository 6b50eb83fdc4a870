// Headless Chromium with a profile of its own.
import { chromium as browsers } from 'playwright-core';
import { seconds } from './wait.mjs';

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
];

/** A browser context for as long as the stage lasts. */
export async function chromium(stage, options = {}) {
  const browser = await browsers.launchPersistentContext(await stage.folder(), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags,
    viewport: { width: 900, height: 700 }, ...options,
  });
  stage.defer(() => browser.close());
  browser.setDefaultTimeout(seconds(15));
  return browser;
}
