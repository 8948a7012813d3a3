import type { INestApplication } from '@nestjs/common';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/**
 * Runs in the browser, which gets its source: it may use nothing from outside.
 * @returns the request, with the scheme in front of a key that was pasted without it
 */
function addScheme(request: { headers: Record<string, string> }) {
  const key = request.headers['Authorization']?.trim();
  if (key && !/\s/.test(key)) request.headers['Authorization'] = `Token ${key}`;
  return request;
}

/** These errors take one line each, because their description says it all. The document has their examples. */
const ONE_LINE = ['401', '404', '406', '408', '413', '415', '429', '431', '503']
  .map((status) => `.response[data-code="${status}"]`)
  .join(', ');

const ERROR = '.response:is([data-code^="4"], [data-code^="5"])';
const ROWS = '.swagger-ui .responses-table:not(.live-responses-table)';

const CSS = `
.swagger-ui :is(.topbar, .info__license, .info__contact, .response-col_links, .servers, .servers-title) { display: none; }
${ROWS} :is(${ONE_LINE}) :is(.response-controls, .model-example, .headers-wrapper) { display: none; }
${ROWS} ${ERROR} :is(.response-control-media-type, .model-example > .tab) { display: none; }
${ROWS} ${ERROR} .response-controls { padding-top: 4px; }
${ROWS} ${ERROR} .examples-select__section-label { display: none; }
${ROWS} ${ERROR} select { max-width: 100%; }
.swagger-ui .info { margin: 24px 0; }
.swagger-ui .info hgroup.main { margin: 0 0 12px; }
.swagger-ui .info .renderedMarkdown { columns: 2 28em; column-gap: 48px; }
.swagger-ui .info .renderedMarkdown h2 { font-size: 18px; margin: 0 0 4px; break-after: avoid; }
.swagger-ui .info .renderedMarkdown :is(p, li) { margin: 4px 0; font-size: 14px; line-height: 1.5; break-inside: avoid; }
.swagger-ui .info .renderedMarkdown ul { padding-left: 20px; margin: 4px 0; }
.swagger-ui .info .renderedMarkdown :is(p, ul):has(+ h2) { margin-bottom: 16px; }
.swagger-ui .scheme-container { padding: 12px 0; }
`;

/** Serves Swagger UI at `/docs`. */
export function serveDocsPage(app: INestApplication, document: OpenAPIObject): void {
  SwaggerModule.setup('docs', app, document, {
    raw: false,
    customSiteTitle: 'Hospital Memberships',
    customCss: CSS,
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      filter: true,
      docExpansion: 'list',
      defaultModelsExpandDepth: 0,
      requestInterceptor: addScheme,
    },
  });
}
