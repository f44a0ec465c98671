<?php

// What the pages of the PHP application share. It runs the same in PHP-FPM and in WebAssembly.

declare(strict_types=1);

require_once __DIR__ . '/workers.php';

// In WebAssembly the program around it counts.
if (!isset($_SERVER['DEMO_PROCESS'])) {
    count_request();
}

/** "PHP 8.2.7 by php-fpm". */
function answered_by(): string
{
    $server = PHP_SAPI === 'fpm-fcgi' ? 'php-fpm' : '@x/responder, as WebAssembly';
    return 'PHP ' . PHP_VERSION . ' by ' . $server;
}

/**
 * The processes of this application: number, start, requests served.
 *
 * @return list<array{pid: int, since: string, requests: int}>
 */
function processes(): array
{
    return isset($_SERVER['DEMO_PROCESS']) ? [json_decode($_SERVER['DEMO_PROCESS'], true)] : workers();
}

/** A request that a page of this very site made, as far as the browser says anything about it. */
function is_same_origin(): bool
{
    $site = $_SERVER['HTTP_SEC_FETCH_SITE'] ?? 'same-origin';
    $own = $_SERVER['REQUEST_SCHEME'] . '://' . $_SERVER['HTTP_HOST'];
    return $site === 'same-origin' && ($_SERVER['HTTP_ORIGIN'] ?? $own) === $own;
}

/** The token that the server's configuration gives to the application, and the application to its own pages only. */
function has_token(): bool
{
    $token = $_SERVER['DEMO_TOKEN'] ?? '';
    return $token !== '' && hash_equals($token, $_SERVER['HTTP_X_DEMO_TOKEN'] ?? '');
}

function send_json(int $status, array $answer): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    header('X-Content-Type-Options: nosniff');
    echo json_encode($answer, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
}

function escape(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}
