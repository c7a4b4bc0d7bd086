import type { Metadata } from "next";
import { ChatPage } from "@/chat/chat-page";

export const metadata: Metadata = {
  title: "Chat",
  description:
    "Chat with every competitor of Janus; the route, the steps and the cost of each answer in view.",
};

export default function Page() {
  return <ChatPage />;
}
