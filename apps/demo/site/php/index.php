<?php

// Shows what reaches PHP: a form, an upload, a path behind the script, a session.

declare(strict_types=1);

require __DIR__ . '/common.php';

session_start([
    // A folder that goes away with the demo.
    'save_path' => $_SERVER['DEMO_FOLDER'],
    'use_strict_mode' => true,
    'cookie_path' => '/php/',
    'cookie_httponly' => true,
    'cookie_samesite' => 'Strict',
]);
if (($_POST['forget'] ?? '') === 'yes') {
    $_SESSION = [];
}
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
$visits = $_SESSION['visits'];
session_write_close();

$name = is_string($_POST['name'] ?? null) ? trim($_POST['name']) : '';
$file = $_FILES['file'] ?? null;
$path = $_SERVER['PATH_INFO'] ?? '';
$query = $_SERVER['QUERY_STRING'] ?? '';

header("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
header('X-Content-Type-Options: nosniff');
header('Cache-Control: no-store');
?>
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>The PHP application</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/style.css">
    <link rel="stylesheet" href="/assets/pages.css">
  </head>
  <body>
    <a class="back" href="/">← Overview</a>
    <header class="top">
      <h1>The PHP application</h1>
      <p class="lead">Answered by process <?= getmypid() ?>: <?= escape(answered_by()) ?>.</p>
    </header>
    <main class="cards">
      <section class="card php" aria-labelledby="form-name">
        <h2 id="form-name">A form</h2>
        <form method="post" action="/php/">
          <label><span>Your name</span><input name="name" autocomplete="off" maxlength="100" required></label>
          <button>Send</button>
        </form>
<?php if ($name !== ''): ?>
        <p class="answer" role="status">Good day, <?= escape($name) ?>. PHP read your name from a body of <?= (int) $_SERVER['CONTENT_LENGTH'] ?> bytes.</p>
<?php endif ?>
      </section>

      <section class="card php" aria-labelledby="upload-name">
        <h2 id="upload-name">An upload</h2>
        <form method="post" action="/php/" enctype="multipart/form-data">
          <label><span>A file of up to 8 MiB; nothing is kept</span><input type="file" name="file" required></label>
          <button>Send</button>
        </form>
<?php if ($file !== null && $file['error'] === UPLOAD_ERR_OK): ?>
        <p class="answer" role="status">
          “<?= escape($file['name']) ?>” has <?= number_format($file['size']) ?> bytes, SHA-256
          <code><?= hash_file('sha256', $file['tmp_name']) ?></code>.
        </p>
<?php elseif ($file !== null): ?>
        <p class="answer" role="status">The upload did not work (PHP’s upload error <?= (int) $file['error'] ?>).</p>
<?php endif ?>
      </section>

      <section class="card php" aria-labelledby="path-name">
        <h2 id="path-name">A path behind the script</h2>
        <p>The server finds the script in the path, and gives PHP what stands behind it.</p>
        <dl>
          <dt><code>SCRIPT_NAME</code></dt>
          <dd><code><?= escape($_SERVER['SCRIPT_NAME']) ?></code></dd>
          <dt><code>PATH_INFO</code></dt>
          <dd><?= $path === '' ? 'none' : '<code>' . escape($path) . '</code>' ?></dd>
          <dt><code>QUERY_STRING</code></dt>
          <dd><?= $query === '' ? 'none' : '<code>' . escape($query) . '</code>' ?></dd>
        </dl>
        <p><a href="/php/index.php/posts/7?colour=blue">/php/index.php/posts/7?colour=blue</a></p>
      </section>

      <section class="card php" aria-labelledby="session-name">
        <h2 id="session-name">A session</h2>
        <form method="post" action="/php/">
          <input type="hidden" name="forget" value="yes">
          <p>PHP has seen this browser <?= $visits ?> <?= $visits === 1 ? 'time' : 'times' ?>.</p>
          <button>Forget it</button>
        </form>
      </section>
    </main>
  </body>
</html>
