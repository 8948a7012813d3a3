import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const otherConnection = {
  // On the embedded database the data source would wait forever for the connection of the transaction.
  selector:
    "CallExpression[callee.name='inTransaction'] MemberExpression[object.property.name=/^(dataSource|reads|alone)$/][object.object.type='ThisExpression']",
  message: 'Use the transaction itself inside inTransaction().',
};

const writesWithoutActor = {
  selector:
    "CallExpression[callee.object.property.name='manager'][callee.object.object.property.name='dataSource'][callee.property.name=/^(insert|update|upsert|delete|save|remove|transaction)$/]",
  message: 'Write in inTransaction(), which names an actor.',
};

export default defineConfig(
  { ignores: ['dist', 'coverage', 'node_modules', 'data', 'test/clients/generated'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A Nest module is a class that only carries its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowStaticOnly: true }],
      'no-restricted-syntax': ['error', otherConnection],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // DTOs and responses are classes only for their decorators; plain objects of their shape are meant.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      'no-console': 'error',
      'max-lines': ['error', 250],
    },
  },
  { files: ['src/**'], rules: { 'no-restricted-syntax': ['error', otherConnection, writesWithoutActor] } },
  {
    files: ['test/**'],
    rules: {
      // Tests are called with values of any kind on purpose.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // The body of an answer is whatever its reader says.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  { files: ['bench/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
);
