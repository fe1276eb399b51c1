<?php
// A backend for Gatecast's http_hooks: php -S 127.0.0.1:8085 backend.php
// Publishers need ?token=SECRET; all else is welcome.

function decide($event): array
{
    $secret = getenv('TOKEN') ?: 'secret';
    if (!is_array($event) || !isset($event['action'])) {
        return ['code' => 400, 'message' => 'not a hook'];
    }
    if ($event['action'] !== 'on_publish') {
        return ['code' => 0];
    }
    parse_str(ltrim($event['param'] ?? '', '?'), $query);
    $token = $query['token'] ?? '';
    if (is_string($token) && hash_equals($secret, $token)) {
        return ['code' => 0];
    }
    return ['code' => 403, 'message' => 'token missing or wrong'];
}

header('Content-Type: application/json');
echo json_encode(decide(json_decode(file_get_contents('php://input'), true)));
