import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { useService } from '../support/service.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const service = useService();

(existsSync(CHROMIUM) ? describe : describe.skip)('Swagger UI in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
    });
  });
  afterAll(() => browser.close());

  test('a user of Swagger UI pastes a bare key and creates a membership with the prefilled example', async () => {
    const admin = await service.given.medic();
    await service.given.medic();
    await service.given.membership(admin, await service.given.emptyHospital(), {
      type: MembershipType.ADMIN,
      isActive: true,
    });
    const page = await browser.newPage();
    const foreign: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(service.client.url) && !request.url().startsWith('data:'))
        foreign.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));

    await page.goto(`${service.client.url}/docs`);
    await page.click('.btn.authorize');
    await page.fill('.auth-container input', admin.token);
    await page.click('.auth-btn-wrapper .authorize');
    await page.click('.auth-btn-wrapper .btn-done');
    const operation = page.locator('#operations-Memberships-createMembership');
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.try-out__btn').click();
    await operation.locator('.execute').click();
    const status = operation.locator('.live-responses-table .response .response-col_status');
    await status.waitFor();

    expect(await status.innerText()).toContain('201');
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
    for (const tag of ['Memberships', 'Hospitals', 'Medics', 'Locations', 'Tokens', 'Pictures']) {
      expect(await page.locator(`#operations-tag-${tag}`).count()).toBe(1);
    }
  });
});
