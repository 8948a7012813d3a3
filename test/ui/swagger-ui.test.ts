import { existsSync } from 'node:fs';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const service = useService();

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

(existsSync(CHROMIUM) ? describe : describe.skip)('Swagger UI in a browser', () => {
  let browser: Browser;
  let page: Page;
  const foreign: string[] = [];
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
    });
  });
  afterAll(() => browser.close());
  beforeEach(() => {
    foreign.length = 0;
    errors.length = 0;
  });
  afterEach(() => page.close());

  async function open(viewport = DESKTOP): Promise<void> {
    page = await browser.newPage({ viewport });
    page.on('request', (request) => {
      if (!request.url().startsWith(service.client.url) && !request.url().startsWith('data:'))
        foreign.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${service.client.url}/docs`);
    await page.waitForSelector('.opblock');
  }

  /** Pastes a key into the dialog, for a security scheme of the document. */
  async function authorize(scheme: string, key: string): Promise<void> {
    await page.click('.btn.authorize');
    const form = page.locator('.auth-container form', { has: page.locator(`h4 code:text-is("${scheme}")`) });
    await form.locator('input').fill(key);
    await form.locator('.authorize').click();
    await page.locator('.btn-done').first().click();
  }

  /** Opens an operation. @returns its part of the page */
  async function expand(tag: string, operation: string): Promise<Locator> {
    const block = page.locator(`#operations-${tag}-${operation}`);
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').waitFor();
    return block;
  }

  /** Sends the prefilled example. @returns the status of the response */
  async function execute(block: Locator): Promise<string> {
    await block.locator('.try-out__btn').click();
    await block.locator('.execute').click();
    const status = block.locator('.live-responses-table .response .response-col_status');
    await status.waitFor();
    return status.innerText();
  }

  /** @returns the pixels by which the page is wider than its window */
  const overflow = () => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test('a user of Swagger UI pastes a bare key and creates a membership with the prefilled example', async () => {
    const admin = await service.given.medic();
    await service.given.medic();
    await service.given.membership(admin, await service.given.emptyHospital(), {
      type: MembershipType.ADMIN,
      isActive: true,
    });
    await open();
    await authorize('Token', admin.token);
    expect(await execute(await expand('Memberships', 'createMembership'))).toContain('201');
    expect([foreign, errors]).toEqual([[], []]);
  });

  test('a user of Swagger UI pastes the bare key of a service account and asks for a decision', async () => {
    const { key } = await givenService(service, 'decision:check');
    await open();
    await authorize('Bearer', key);
    expect(await execute(await expand('Decisions', 'evaluate'))).toContain('200');
    expect([foreign, errors]).toEqual([[], []]);
  });

  test.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('Swagger UI fits a %s: nothing scrolls sideways, also with an operation open', async (_, viewport) => {
    await open(viewport);
    expect(await overflow()).toBe(0);
    await expand('Memberships', 'createMembership');
    expect(await overflow()).toBe(0);
    expect([foreign, errors]).toEqual([[], []]);
  });

  test('Swagger UI shows every tag of the document, and a filter that leaves one of them', async () => {
    await open();
    const response = await fetch(`${service.client.url}/openapi.json`);
    const document = (await response.json()) as { tags: { name: string }[] };
    const tags = page.locator('.opblock-tag');
    const names = async () => Promise.all((await tags.all()).map((tag) => tag.getAttribute('data-tag')));
    expect(await names()).toEqual(document.tags.map(({ name }) => name));
    await page.fill('.operation-filter-input', 'Locations');
    await page.locator('.opblock-tag[data-tag="Medics"]').waitFor({ state: 'detached' });
    expect(await names()).toEqual(['Locations']);
  });

  test('Swagger UI collapses the schemas and shows no top bar', async () => {
    await open();
    const schemas = page.locator('section.models .models-control');
    expect(await schemas.getAttribute('aria-expanded')).toBe('false');
    expect(await page.locator('.topbar').isVisible()).toBe(false);
  });
});
